-- +goose Up
-- No reference to merchant: in PostgreSQL each new code would lock the row of
-- a busy merchant. Rows of merchant are never deleted.
CREATE TABLE code (
    ref           TEXT   NOT NULL PRIMARY KEY,
    id            TEXT   NOT NULL,
    partner_id    TEXT   NOT NULL,
    partner_ref   TEXT   NOT NULL,
    merchant_id   TEXT   NOT NULL,
    merchant_name TEXT   NOT NULL,
    sub_merchant  TEXT   NOT NULL,
    store_id      TEXT   NOT NULL,
    terminal_id   TEXT   NOT NULL,
    amount        BIGINT NOT NULL CHECK (amount >= 0),
    fee           BIGINT NOT NULL CHECK (fee >= 0),
    payload       TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('active', 'paid', 'expired', 'cancelled')),
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    closed_at     BIGINT NOT NULL,
    callback_url  TEXT   NOT NULL,
    echo          TEXT   NOT NULL,
    day           TEXT   NOT NULL,
    CHECK ((state = 'active') = (closed_at = 0))
);
