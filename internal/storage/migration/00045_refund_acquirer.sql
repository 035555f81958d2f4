-- +goose Up
CREATE INDEX refund_acquirer ON refund (acquirer_id, ref);
