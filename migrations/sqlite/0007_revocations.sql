-- Revocations: they void access tokens before they expire, for services that verify them on their own
-- (docs/protocol.md, "Service keys"). An entry names a session that ended (`below` is null), or whose tokens below a
-- version are void. An entry without a session voids every token issued before `at`. Entries are kept for the life of
-- an access token and a margin.
CREATE TABLE revocations (
    seq         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    session_id  BLOB    CHECK (length(session_id) = 16),
    user_id     BLOB    CHECK (length(user_id) = 16),
    at          TIMESTAMPTZ NOT NULL,
    reason      TEXT    NOT NULL,
    below       BIGINT
);
CREATE INDEX revocations_by_time ON revocations (at);
