-- +goose Up
CREATE UNIQUE INDEX payment_partner_ref ON payment (partner_id, partner_ref) WHERE partner_ref <> '';
