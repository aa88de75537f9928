-- Counts for limits that hold across nodes (GCRA): the theoretical arrival time in milliseconds since 1970. A row whose
-- time has passed has no effect any more.
CREATE TABLE rate_limits (
    subject     TEXT    NOT NULL PRIMARY KEY,
    arrival_ms  BIGINT  NOT NULL
);
CREATE INDEX rate_limits_by_arrival ON rate_limits (arrival_ms);
