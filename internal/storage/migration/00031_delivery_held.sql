-- +goose Up
CREATE INDEX delivery_held ON delivery (holder) WHERE holder <> '';
