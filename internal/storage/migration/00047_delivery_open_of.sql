-- +goose Up
CREATE INDEX delivery_open_of ON delivery (partner_id, id) WHERE state = 'pending';
