-- +goose Up
CREATE INDEX refund_day ON refund (day, refunded_at);
