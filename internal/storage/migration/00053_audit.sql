-- +goose Up
-- Ids grow with time. An outcome is empty until it is known.
CREATE TABLE audit (
    id       TEXT   NOT NULL PRIMARY KEY,
    acted_at BIGINT NOT NULL,
    who      TEXT   NOT NULL,
    role     TEXT   NOT NULL,
    origin   TEXT   NOT NULL,
    verb     TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    detail   TEXT   NOT NULL,
    outcome  TEXT   NOT NULL
);
