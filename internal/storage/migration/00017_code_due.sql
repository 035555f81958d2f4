-- +goose Up
-- Codes that no longer wait for their end leave the index.
CREATE INDEX code_due ON code (expires_at) WHERE state = 'active' AND expires_at > 0;
