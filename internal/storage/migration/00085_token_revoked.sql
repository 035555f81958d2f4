-- +goose Up
-- When an operator ended the token before its time; 0: nobody did.
ALTER TABLE token ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0;
