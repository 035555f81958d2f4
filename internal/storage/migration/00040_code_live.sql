-- +goose Up
-- Lists read codes by reference, newest first. Active codes have indexes of their
-- own, small as they are few: one over every state would draw the search for due
-- codes away from theirs.
CREATE INDEX code_live ON code (ref) WHERE state = 'active';
