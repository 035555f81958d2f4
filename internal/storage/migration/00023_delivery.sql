-- +goose Up
-- Ids grow with time: their order is that of age.
CREATE TABLE delivery (
    id          TEXT   NOT NULL PRIMARY KEY,
    partner_id  TEXT   NOT NULL,
    merchant_id TEXT   NOT NULL,
    code_ref    TEXT   NOT NULL,
    payment_ref TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts    BIGINT NOT NULL CHECK (attempts >= 0),
    next_at     BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    done_at     BIGINT NOT NULL,
    CHECK ((state = 'pending') = (done_at = 0))
);
