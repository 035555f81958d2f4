-- +goose Up
CREATE INDEX delivery_partner ON delivery (partner_id, id);
