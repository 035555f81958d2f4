-- +goose Up
-- JSON: what a partner's credentials were before they were rotated.
ALTER TABLE partner ADD COLUMN former TEXT NOT NULL DEFAULT '{}';
