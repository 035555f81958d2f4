-- +goose Up
CREATE TABLE merchant (
    partner_id   TEXT    NOT NULL REFERENCES partner (id),
    id           TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    city         TEXT    NOT NULL,
    postal_code  TEXT    NOT NULL,
    mcc          TEXT    NOT NULL,
    criteria     TEXT    NOT NULL,
    category     TEXT    NOT NULL,
    nmid         TEXT    NOT NULL,
    mpan         TEXT    NOT NULL,
    standing     TEXT    NOT NULL,
    day_limit    BIGINT  NOT NULL CHECK (day_limit >= 0),
    max_amount   BIGINT  NOT NULL CHECK (max_amount >= 0),
    dynamic_only BOOLEAN NOT NULL,
    notify_url   TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    PRIMARY KEY (partner_id, id)
);
