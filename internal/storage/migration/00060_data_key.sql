-- +goose Up
-- The keys that secrets are sealed under, each sealed under the master key. One
-- is not retired.
CREATE TABLE data_key (
    id         TEXT   NOT NULL PRIMARY KEY,
    wrapped    TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    retired_at BIGINT NOT NULL
);
