-- +goose Up
CREATE TABLE attempt (
    delivery_id TEXT   NOT NULL REFERENCES delivery (id),
    number      BIGINT NOT NULL CHECK (number > 0),
    url         TEXT   NOT NULL,
    tried_at    BIGINT NOT NULL,
    millis      BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    answer      TEXT   NOT NULL,
    PRIMARY KEY (delivery_id, number)
);
