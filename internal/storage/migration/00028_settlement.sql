-- +goose Up
-- The day comes first: settlements are listed by it.
CREATE TABLE settlement (
    id          TEXT   NOT NULL,
    partner_id  TEXT   NOT NULL,
    merchant_id TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    gross       BIGINT NOT NULL CHECK (gross >= 0),
    mdr         BIGINT NOT NULL CHECK (mdr >= 0),
    refunds     BIGINT NOT NULL CHECK (refunds >= 0),
    mdr_back    BIGINT NOT NULL CHECK (mdr_back >= 0),
    count       BIGINT NOT NULL CHECK (count > 0),
    settled_at  BIGINT NOT NULL,
    PRIMARY KEY (day, partner_id, merchant_id)
);
