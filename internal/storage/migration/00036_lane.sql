-- +goose Up
-- Each connection that writes counts its commits in a row of its own, in the
-- transaction that it commits: what became of a COMMIT whose answer was lost
-- stands there.
CREATE TABLE lane (
    id      TEXT   NOT NULL PRIMARY KEY,
    commits BIGINT NOT NULL
);
