-- +goose Up
CREATE TABLE mark (
    partner_id TEXT NOT NULL,
    scope      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    mark_key   TEXT NOT NULL,
    day        TEXT NOT NULL,
    body       TEXT NOT NULL,
    ref        TEXT NOT NULL,
    PRIMARY KEY (partner_id, scope, kind, mark_key, day)
);
