-- +goose Up
CREATE TABLE outlet (
    partner_id  TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    standing    TEXT NOT NULL,
    PRIMARY KEY (partner_id, merchant_id, kind, id),
    FOREIGN KEY (partner_id, merchant_id) REFERENCES merchant (partner_id, id)
);
