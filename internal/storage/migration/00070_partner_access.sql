-- +goose Up
-- JSON: from where and with which client certificate a partner may call.
ALTER TABLE partner ADD COLUMN access TEXT NOT NULL DEFAULT '{}';
