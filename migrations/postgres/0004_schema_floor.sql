-- One row: which of these files a program has to know if it is to run on the tables as they are now. A program that
-- knows it, and not the newest, is the one before in a rolling upgrade; one that does not know it is too old.
-- migrations/README.md has the rules.
CREATE TABLE schema_floor (
    singleton   BOOLEAN NOT NULL PRIMARY KEY CHECK (singleton = TRUE),
    migration   BIGINT  NOT NULL
);
INSERT INTO schema_floor (singleton, migration) VALUES (TRUE, 4);
