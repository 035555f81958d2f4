-- +goose Up
-- What the program wrote into the row and its postings. Empty in rows that are
-- older than this column.
ALTER TABLE transfer ADD COLUMN digest TEXT NOT NULL DEFAULT '';
