-- +goose Up
-- Ids grow with time, so each account's part of the index grows at its end.
CREATE INDEX posting_account ON posting (account, transfer_id, amount);
