-- +goose Up
-- A row to write where no row of its own decides: whoever writes it second
-- waits for the first, or is told to start again.
CREATE TABLE guard (
    name  TEXT   NOT NULL PRIMARY KEY,
    taken BIGINT NOT NULL
);
