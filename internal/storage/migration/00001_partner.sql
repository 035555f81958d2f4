-- +goose Up
CREATE TABLE partner (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    dialect       TEXT    NOT NULL,
    client_key    TEXT    NOT NULL UNIQUE,
    client_secret TEXT    NOT NULL,
    public_key    TEXT    NOT NULL,
    channel_id    TEXT    NOT NULL,
    notify_url    TEXT    NOT NULL,
    standing      TEXT    NOT NULL,
    settings      TEXT    NOT NULL, -- JSON
    created_at    BIGINT  NOT NULL
);
