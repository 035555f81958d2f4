-- +goose Up
-- The day comes first, so that a day's inserts stay on a day's pages, and the
-- amounts are there, so that its totals read the index alone.
CREATE INDEX payment_merchant_day ON payment (day, acquirer_id, merchant_id, state, amount, mdr);
