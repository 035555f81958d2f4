-- +goose Up
CREATE INDEX payment_code ON payment (code_ref, paid_at) WHERE code_ref <> '';
