-- +goose Up
CREATE INDEX code_closed ON code (state, ref) WHERE state <> 'active';
