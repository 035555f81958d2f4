-- +goose Up
CREATE TABLE payment (
    ref         TEXT   NOT NULL PRIMARY KEY,
    id          TEXT   NOT NULL,
    partner_id  TEXT   NOT NULL,
    partner_ref TEXT   NOT NULL,
    payer_id    TEXT   NOT NULL,
    code_ref    TEXT   NOT NULL,
    acquirer_id TEXT   NOT NULL,
    merchant_id TEXT   NOT NULL,
    nns         TEXT   NOT NULL,
    payload     TEXT   NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    fee         BIGINT NOT NULL CHECK (fee >= 0),
    mdr         BIGINT NOT NULL CHECK (mdr >= 0),
    refunded    BIGINT NOT NULL CHECK (refunded BETWEEN 0 AND amount),
    rrn         TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    paid_at     BIGINT NOT NULL,
    day         TEXT   NOT NULL
);
