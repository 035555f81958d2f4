-- +goose Up
-- In the order of time, so that a day is read as it was written, whole and
-- without sorting, and each insert goes to the end.
CREATE INDEX payment_day ON payment (day, paid_at);
