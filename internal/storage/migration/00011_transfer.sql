-- +goose Up
CREATE TABLE transfer (
    id       TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    ref      TEXT   NOT NULL,
    moved_at BIGINT NOT NULL,
    day      TEXT   NOT NULL
);
