-- +goose Up
CREATE INDEX transfer_ref ON transfer (ref, id);
