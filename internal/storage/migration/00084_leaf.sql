-- +goose Up
-- What waits for a block and moves no money: it is rare, so it has a row each.
CREATE TABLE leaf (
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
