-- +goose Up
DROP INDEX delivery_code;
