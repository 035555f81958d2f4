-- +goose Up
-- The least id of a code is its oldest pending delivery.
CREATE INDEX delivery_code ON delivery (code_ref, id) WHERE state = 'pending';
