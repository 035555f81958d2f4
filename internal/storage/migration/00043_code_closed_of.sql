-- +goose Up
CREATE INDEX code_closed_of ON code (partner_id, state, ref) WHERE state <> 'active';
