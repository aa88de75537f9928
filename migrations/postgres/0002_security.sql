-- Tokens of reset and e-mail-change letters. The token itself is derived from the id; it is not here. `device_id`
-- is the known device that asked for it: its letters have an allowance of their own.
CREATE TABLE one_time_tokens (
    id          UUID    NOT NULL PRIMARY KEY,
    user_id     UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose     TEXT    NOT NULL CHECK (purpose IN ('reset_password', 'change_email', 'delete_account')),
    new_email   TEXT,
    device_id   UUID,
    -- Wrong passwords that came with it; after five it is dead.
    failures    BIGINT  NOT NULL DEFAULT 0,
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ,
    CHECK ((purpose = 'change_email') = (new_email IS NOT NULL))
);
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_by_age ON one_time_tokens (created_at);

-- Devices that have signed in to an account: at most 20 an account. The secret itself is with the device alone.
CREATE TABLE known_devices (
    id            UUID    NOT NULL PRIMARY KEY,
    user_id       UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret_hash   BYTEA   NOT NULL CHECK (length(secret_hash) = 32),
    created_at    TIMESTAMPTZ NOT NULL,
    last_used_at  TIMESTAMPTZ NOT NULL,
    signed_in     BOOLEAN NOT NULL -- FALSE while it is known by a reset of the password alone
);
CREATE INDEX known_devices_by_user ON known_devices (user_id, last_used_at);
CREATE INDEX known_devices_by_age ON known_devices (last_used_at);

-- Wrong passwords by what was guessed at: an e-mail address, known or not, or an address and a device that is known
-- to its account. Counted before the password is verified, so that parallel guesses count.
CREATE TABLE password_failures (
    subject     TEXT    NOT NULL PRIMARY KEY,
    since       TIMESTAMPTZ NOT NULL,
    failures    BIGINT  NOT NULL
);
CREATE INDEX password_failures_by_age ON password_failures (since);

-- What happened to an account's security, for its owner.
CREATE TABLE security_events (
    id          UUID    NOT NULL PRIMARY KEY,
    user_id     UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at          TIMESTAMPTZ NOT NULL,
    type        TEXT    NOT NULL,
    session_id  UUID   ,
    ip          TEXT,
    user_agent  TEXT,
    detail      TEXT    NOT NULL
);
CREATE INDEX security_events_by_user ON security_events (user_id, id);
CREATE INDEX security_events_by_age ON security_events (at);

-- All that is left of a deleted account: which sessions it had, so that they can be told.
CREATE TABLE deleted_sessions (
    id          UUID    NOT NULL PRIMARY KEY,
    deleted_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX deleted_sessions_by_age ON deleted_sessions (deleted_at);
