-- Tokens of letters that reset a password, confirm a new e-mail address or delete the account. The token itself is
-- derived from the id and not stored. `device_id` is the known device that requested it: its letters have an allowance
-- of their own.
CREATE TABLE one_time_tokens (
    id          UUID    NOT NULL PRIMARY KEY,
    user_id     UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose     TEXT    NOT NULL CHECK (purpose IN ('reset_password', 'change_email', 'delete_account')),
    new_email   TEXT,
    device_id   UUID,
    -- Wrong passwords that came with it; after five it is void.
    failures    BIGINT  NOT NULL DEFAULT 0,
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ,
    CHECK ((purpose = 'change_email') = (new_email IS NOT NULL))
);
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_by_age ON one_time_tokens (created_at);

-- Devices that have signed in to an account: at most 20 per account. Only the device has the secret itself.
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

-- Wrong passwords by the subject of the guess: an e-mail address, known or not, or an address and a device that is
-- known to its account. Each guess is counted before the password is verified, so that concurrent guesses count.
CREATE TABLE password_failures (
    subject     TEXT    NOT NULL PRIMARY KEY,
    since       TIMESTAMPTZ NOT NULL,
    failures    BIGINT  NOT NULL
);
CREATE INDEX password_failures_by_age ON password_failures (since);

-- The security log of each account, for its owner.
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

-- All that remains of a deleted account: its sessions, so that their clients get the reason.
CREATE TABLE deleted_sessions (
    id          UUID    NOT NULL PRIMARY KEY,
    deleted_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX deleted_sessions_by_age ON deleted_sessions (deleted_at);
