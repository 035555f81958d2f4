-- +goose Up
ALTER TABLE payment ADD COLUMN digest TEXT NOT NULL DEFAULT '';
