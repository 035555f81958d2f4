-- +goose Up
CREATE INDEX token_of ON token (partner_id, payer_id, expires_at, hash);
