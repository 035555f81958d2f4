-- +goose Up
CREATE INDEX delivery_ended ON delivery (state, id) WHERE state <> 'pending';
