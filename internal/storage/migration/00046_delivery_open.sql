-- +goose Up
CREATE INDEX delivery_open ON delivery (id) WHERE state = 'pending';
