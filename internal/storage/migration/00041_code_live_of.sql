-- +goose Up
CREATE INDEX code_live_of ON code (partner_id, ref) WHERE state = 'active';
