-- +goose Up
ALTER TABLE delivery ADD COLUMN holder TEXT NOT NULL DEFAULT '';
