-- +goose Up
-- Who may sign in to the console.
CREATE TABLE account (
    name       TEXT   NOT NULL PRIMARY KEY,
    role       TEXT   NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    password   TEXT   NOT NULL, -- derived
    standing   TEXT   NOT NULL CHECK (standing IN ('active', 'suspended')),
    created_at BIGINT NOT NULL
);
