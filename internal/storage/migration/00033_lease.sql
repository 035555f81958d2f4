-- +goose Up
CREATE TABLE lease (
    name   TEXT   NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL,
    token  BIGINT NOT NULL CHECK (token > 0),
    until  BIGINT NOT NULL
);
