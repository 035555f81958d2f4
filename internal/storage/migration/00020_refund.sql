-- +goose Up
CREATE TABLE refund (
    ref         TEXT   NOT NULL PRIMARY KEY,
    id          TEXT   NOT NULL,
    partner_id  TEXT   NOT NULL,
    partner_ref TEXT   NOT NULL,
    payment_ref TEXT   NOT NULL REFERENCES payment (ref),
    code_ref    TEXT   NOT NULL,
    acquirer_id TEXT   NOT NULL,
    merchant_id TEXT   NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    mdr         BIGINT NOT NULL CHECK (mdr >= 0),
    reason      TEXT   NOT NULL,
    refunded_at BIGINT NOT NULL,
    day         TEXT   NOT NULL
);
