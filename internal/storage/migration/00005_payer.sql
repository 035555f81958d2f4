-- +goose Up
-- The upper bound keeps a credit from leaving 64 bits, where SQLite would go
-- on in floating point.
CREATE TABLE payer (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    standing    TEXT   NOT NULL,
    balance     BIGINT NOT NULL CHECK (balance BETWEEN 0 AND 9000000000000000000),
    day_limit   BIGINT NOT NULL CHECK (day_limit >= 0),
    month_limit BIGINT NOT NULL CHECK (month_limit >= 0),
    created_at  BIGINT NOT NULL
);
