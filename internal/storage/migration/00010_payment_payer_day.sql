-- +goose Up
CREATE INDEX payment_payer_day ON payment (payer_id, day, state, amount);
