-- +goose Up
-- The least id of a code is its oldest pending delivery. In place of delivery_code:
-- the indexes of pending deliveries, in words of the state, do not fit a search
-- for what has no end.
CREATE INDEX delivery_first ON delivery (code_ref, id) WHERE done_at = 0;
