-- +goose Up
CREATE UNIQUE INDEX code_partner_ref ON code (partner_id, partner_ref) WHERE partner_ref <> '';
