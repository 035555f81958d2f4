-- +goose Up
CREATE INDEX delivery_of_code ON delivery (code_ref, id);
