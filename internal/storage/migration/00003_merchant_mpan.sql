-- +goose Up
CREATE UNIQUE INDEX merchant_mpan ON merchant (mpan) WHERE mpan <> '';
