-- One row: the migration that a program must know to run on the present tables. A program that knows it, but not the
-- newest one, is the previous version in a rolling upgrade; one that does not know it is too old. migrations/README.md
-- has the rules.
CREATE TABLE schema_floor (
    singleton   BOOLEAN NOT NULL PRIMARY KEY CHECK (singleton = TRUE),
    migration   BIGINT  NOT NULL
);
INSERT INTO schema_floor (singleton, migration) VALUES (TRUE, 4);
