-- +goose Up
CREATE INDEX audit_who ON audit (who, id);
