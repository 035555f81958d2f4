-- +goose Up
CREATE INDEX delivery_ended_of ON delivery (partner_id, state, id) WHERE state <> 'pending';
