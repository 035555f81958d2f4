-- +goose Up
DROP INDEX delivery_due;
