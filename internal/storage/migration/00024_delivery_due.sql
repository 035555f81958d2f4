-- +goose Up
CREATE INDEX delivery_due ON delivery (next_at, id) WHERE state = 'pending';
