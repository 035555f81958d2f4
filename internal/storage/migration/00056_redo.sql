-- +goose Up
-- How far an embedded store has come in its log of acknowledged transactions:
-- one row, with the number by which the log names its store and the last
-- record whose statements are in these tables. In PostgreSQL there is none.
CREATE TABLE redo (
    store BIGINT NOT NULL PRIMARY KEY,
    seq   BIGINT NOT NULL
);
