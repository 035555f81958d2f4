-- +goose Up
CREATE INDEX payment_acquirer ON payment (acquirer_id, ref);
