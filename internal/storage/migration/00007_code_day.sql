-- +goose Up
CREATE INDEX code_day ON code (partner_id, merchant_id, day, created_at, ref);
