-- +goose Up
-- What a node has claimed leaves the index, so that the next is found at once.
CREATE INDEX delivery_free ON delivery (next_at, id) WHERE state = 'pending' AND holder = '';
