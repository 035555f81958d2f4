-- +goose Up
-- Marks of an embedded store that the index of mark does not hold yet: they
-- are appended here, found in memory, and go over in the index's order, many
-- at a time. In PostgreSQL there are none.
CREATE TABLE mark_new (
    seq  INTEGER NOT NULL PRIMARY KEY,
    id   TEXT    NOT NULL,
    body TEXT    NOT NULL,
    ref  TEXT    NOT NULL
);
