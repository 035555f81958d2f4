-- +goose Up
-- The chain: each block carries the hash of the one before. Its leaves come
-- last, so that what is asked often lies in front of them.
CREATE TABLE block (
    number    BIGINT NOT NULL PRIMARY KEY,
    kind      TEXT   NOT NULL,
    sealed_at BIGINT NOT NULL,
    upto      TEXT   NOT NULL, -- id of the newest transfer that was sealed in order
    transfers BIGINT NOT NULL, -- sealed in order
    late      TEXT   NOT NULL, -- ids of those that were not, a line each
    previous  TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    leaves    TEXT   NOT NULL  -- what is sealed, a line each
);
