-- +goose Up
CREATE TABLE posting (
    transfer_id TEXT   NOT NULL REFERENCES transfer (id),
    account     TEXT   NOT NULL CHECK (account <> ''),
    amount      BIGINT NOT NULL CHECK (amount <> 0),
    leg         BIGINT NOT NULL, -- the place in the transfer, from 0
    PRIMARY KEY (transfer_id, account)
);
