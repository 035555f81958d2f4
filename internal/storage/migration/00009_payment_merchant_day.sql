-- +goose Up
-- With the amount, so that a day's total reads the index alone.
CREATE INDEX payment_merchant_day ON payment (acquirer_id, merchant_id, day, state, amount);
