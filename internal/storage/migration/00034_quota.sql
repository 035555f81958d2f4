-- +goose Up
CREATE TABLE quota (
    name TEXT   NOT NULL PRIMARY KEY,
    slot BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used > 0)
);
