-- +goose Up
ALTER TABLE refund ADD COLUMN digest TEXT NOT NULL DEFAULT '';
