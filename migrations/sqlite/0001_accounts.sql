-- Times are RFC 3339 text in UTC; ids are 16 bytes. Tables, columns and names are the same as on PostgreSQL.

-- One row: the history of the database that this is (docs/protocol.md, "Events", `epoch`), and since when, if it was
-- restored.
CREATE TABLE database_epoch (
    singleton   BOOLEAN NOT NULL PRIMARY KEY CHECK (singleton = TRUE),
    epoch       BLOB    NOT NULL CHECK (length(epoch) = 16),
    since       TIMESTAMPTZ
);

-- Registrations whose address is not verified yet; they reserve nothing. `failures` counts wrong passwords and codes;
-- after five the registration is blocked. `sent_generation` is the token whose letter was last handed over: the
-- letter's code is valid from then on, while it is `token_generation`. An address that has an account gets a row too,
-- whose token is sent to nobody. A registration that was started with a provider has no password, and is linked to
-- `provider_subject` of `provider_issuer` when it is verified. One that was started with an invitation uses it up when
-- it is verified.
CREATE TABLE registrations (
    id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email             TEXT    NOT NULL,
    password_hash     TEXT,
    external_id       TEXT    UNIQUE CHECK (length(external_id) BETWEEN 1 AND 255),
    first_name        TEXT    NOT NULL,
    last_name         TEXT,
    company_name      TEXT,
    phone             TEXT,
    locale            TEXT    NOT NULL CHECK (locale IN ('en', 'de', 'sq')),
    token_generation  BIGINT  NOT NULL,
    token_expires_at  TIMESTAMPTZ NOT NULL,
    sent_generation   BIGINT  NOT NULL,
    failures          BIGINT  NOT NULL CHECK (failures BETWEEN 0 AND 5),
    provider          TEXT,
    provider_label    TEXT,
    provider_issuer   TEXT,
    provider_subject  TEXT,
    invitation_id     BLOB    CHECK (length(invitation_id) = 16),
    created_at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX registrations_by_email ON registrations (email, id);
CREATE INDEX registrations_by_age ON registrations (created_at);

-- `credentials_version` rises with every change that affects sign-ins: of the password, other sign-in methods, the
-- e-mail address or the state. `revision` counts the account's changes and is the lock of its log; `profile_revision`
-- is the revision at which the profile last changed. Without `password_hash` the account has no password.
-- `password_cost` is the cost of verifying a hash of another system, and null for our own; `imported_cost` is its value
-- at the import. `name_key` and `surname_key` are the folded names for operators' searches: first name first, and last
-- name first if there is one. `external_id` is the user's id in another system. `second_factor` is true if `totp` has a
-- row: it is repeated here because the user's row is the one that is locked. `sign_in_methods_revision` is the revision
-- at which the sign-in methods last changed.
CREATE TABLE users (
    id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email             TEXT    NOT NULL UNIQUE,
    password_hash     TEXT,
    imported_cost     TEXT,
    password_cost     TEXT,
    external_id       TEXT    UNIQUE CHECK (length(external_id) BETWEEN 1 AND 255),
    first_name        TEXT    NOT NULL,
    last_name         TEXT,
    name_key          TEXT    NOT NULL,
    surname_key       TEXT   ,
    company_name      TEXT,
    phone             TEXT,
    locale            TEXT    NOT NULL CHECK (locale IN ('en', 'de', 'sq')),
    pending_email     TEXT,
    -- The session that requested it: the change is dropped with that session.
    pending_email_session BLOB    CHECK (length(pending_email_session) = 16),
    disabled_at       TIMESTAMPTZ,
    second_factor     BOOLEAN NOT NULL CHECK (second_factor IN (FALSE, TRUE)),
    credentials_version BIGINT NOT NULL CHECK (credentials_version >= 0),
    revision          BIGINT  NOT NULL CHECK (revision >= 0),
    profile_revision  BIGINT  NOT NULL CHECK (profile_revision >= 0),
    sign_in_methods_revision BIGINT NOT NULL CHECK (sign_in_methods_revision >= 0),
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX users_by_cost ON users (imported_cost, password_cost) WHERE password_hash IS NOT NULL;
-- For searches by the beginning of an address or a name: each index has all columns that the search reads, so that no
-- row is read.
CREATE INDEX users_by_address ON users (email, id, disabled_at);
CREATE INDEX users_by_name ON users (name_key, id, disabled_at);
CREATE INDEX users_by_surname ON users (surname_key, id, disabled_at) WHERE surname_key IS NOT NULL;
CREATE INDEX users_disabled ON users (id) WHERE disabled_at IS NOT NULL;

-- Accounts that were just created, for whoever started their registration: each allows one sign-in while
-- `credentials_version` is unchanged.
CREATE TABLE registration_sign_ins (
    registration_id      BLOB    NOT NULL PRIMARY KEY CHECK (length(registration_id) = 16),
    user_id              BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credentials_version  BIGINT  NOT NULL,
    expires_at           TIMESTAMPTZ NOT NULL
);
CREATE INDEX registration_sign_ins_by_user ON registration_sign_ins (user_id);
CREATE INDEX registration_sign_ins_by_age ON registration_sign_ins (expires_at);

-- Invitations to register: each is valid once, for one address. The token of the letter's link is derived from the id
-- and `generation`: an address that is invited again keeps its row, and only the newest link is valid. `user_id` is the
-- account that was created with it; the names are cleared then.
CREATE TABLE invitations (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email       TEXT    NOT NULL,
    first_name  TEXT,
    last_name   TEXT,
    locale      TEXT    NOT NULL CHECK (locale IN ('en', 'de', 'sq')),
    generation  BIGINT  NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ,
    user_id     BLOB    REFERENCES users (id) ON DELETE CASCADE,
    CHECK ((used_at IS NULL) = (user_id IS NULL))
);
CREATE UNIQUE INDEX invitations_unused ON invitations (email) WHERE used_at IS NULL;
CREATE INDEX invitations_by_user ON invitations (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX invitations_by_age ON invitations (expires_at);

-- `device_id` is the device that signed in, whether or not it is still known: guesses of the session count for it.
CREATE TABLE sessions (
    id                  BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id             BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_name         TEXT,
    user_agent          TEXT,
    ip                  TEXT    NOT NULL,
    device_id           BLOB    NOT NULL CHECK (length(device_id) = 16),
    methods             TEXT    NOT NULL,
    proven_at           TIMESTAMPTZ NOT NULL,
    -- `version` is the version of the session's credentials: they are renewed with each change of the password by this
    -- session, and refresh tokens of a generation before `renewed_generation` are of an earlier version.
    version             BIGINT  NOT NULL CHECK (version >= 0),
    renewed_generation  BIGINT  NOT NULL CHECK (renewed_generation >= 0),
    refresh_generation  BIGINT  NOT NULL CHECK (refresh_generation >= 0),
    refreshed_at        TIMESTAMPTZ NOT NULL,
    -- The revision of the log entry that reports the opening: it orders sessions independently of clocks.
    opened_revision     BIGINT  NOT NULL,
    created_at          TIMESTAMPTZ NOT NULL,
    last_seen_at        TIMESTAMPTZ NOT NULL,
    ended_at            TIMESTAMPTZ,
    end_reason          TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_live_by_user ON sessions (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_live_by_last_seen ON sessions (last_seen_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_live_by_age ON sessions (created_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE addresses (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    external_id     TEXT    UNIQUE CHECK (length(external_id) BETWEEN 1 AND 255),
    label           TEXT    NOT NULL,
    label_key       TEXT    NOT NULL,
    first_name      TEXT    NOT NULL,
    last_name       TEXT,
    company         TEXT,
    address_line_1  TEXT    NOT NULL,
    address_line_2  TEXT,
    city            TEXT    NOT NULL,
    state           TEXT,
    postal_code     TEXT,
    country         TEXT    NOT NULL,
    phone           TEXT,
    is_primary      BOOLEAN NOT NULL CHECK (is_primary IN (FALSE, TRUE)),
    revision        BIGINT  NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX addresses_label ON addresses (user_id, label_key);
CREATE UNIQUE INDEX addresses_one_primary ON addresses (user_id) WHERE is_primary;

-- The ordered log of each user: `data` is the JSON that is sent to clients.
CREATE TABLE account_events (
    user_id     BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    revision    BIGINT  NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    type        TEXT    NOT NULL,
    data        TEXT    NOT NULL,
    session_id  BLOB,
    -- The user's `credentials_version` after the commit: a node that delivers the entry checks by it whether a session
    -- was renewed.
    credentials_version BIGINT NOT NULL,
    PRIMARY KEY (user_id, revision)
);
CREATE INDEX account_events_by_age ON account_events (at);

-- Running nodes, and the sessions that have an open socket on each; a node not seen for a minute is dead.
CREATE TABLE nodes (
    id       BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    seen_at  TIMESTAMPTZ NOT NULL
);
CREATE TABLE connected_sessions (
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    node_id     BLOB    NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    PRIMARY KEY (session_id, node_id)
);
CREATE INDEX connected_sessions_by_node ON connected_sessions (node_id);

-- Letters to send. `content` holds no token: links are derived when a letter is sent. Where there is nobody to write
-- to, a decoy is written, so that the work is the same; it is never sent. `kind` and `network` record what was
-- requested and from which network, for the mailbox's allowances; a letter that only its owner can cause has no
-- network.
CREATE TABLE mail_outbox (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id          BLOB    CHECK (length(user_id) = 16),
    recipient        TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    network          TEXT,
    locale           TEXT    NOT NULL,
    content          TEXT    NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    attempts         BIGINT  NOT NULL,
    next_attempt_at  TIMESTAMPTZ NOT NULL,
    sent_at          TIMESTAMPTZ,
    given_up_at      TIMESTAMPTZ,
    last_error       TEXT,
    decoy            BOOLEAN NOT NULL
);
CREATE INDEX mail_outbox_due ON mail_outbox (next_attempt_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mail_outbox_given_up ON mail_outbox (id) WHERE given_up_at IS NOT NULL;
CREATE INDEX mail_outbox_by_age ON mail_outbox (created_at);
CREATE INDEX mail_outbox_by_recipient ON mail_outbox (recipient, kind, created_at);
CREATE INDEX mail_outbox_by_user ON mail_outbox (user_id) WHERE user_id IS NOT NULL;

-- Second factors by authenticator apps (RFC 6238). `sealed_secret` is encrypted under a key derived from a token
-- secret, which `sealed_by` identifies. Codes of `last_step` and of earlier steps are refused.
CREATE TABLE totp (
    user_id        BLOB    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed_secret  BLOB    NOT NULL,
    sealed_by      BLOB    NOT NULL CHECK (length(sealed_by) = 8),
    last_step      BIGINT  NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX totp_by_sealing_key ON totp (sealed_by);

-- Unused recovery codes: each replaces the second factor once.
CREATE TABLE recovery_codes (
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash  BLOB    NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (user_id, code_hash)
);

-- Public keys of passkeys (WebAuthn): `public_key` is a COSE_Key, `counter` the signature counter of the last use.
-- `backup_eligible` is true if the authenticator may back it up, which never changes; `backed_up` if it has done so.
CREATE TABLE passkeys (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id        BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id  BLOB    NOT NULL UNIQUE,
    public_key     BLOB    NOT NULL,
    counter        BIGINT  NOT NULL CHECK (counter >= 0),
    backup_eligible BOOLEAN NOT NULL CHECK (backup_eligible IN (FALSE, TRUE)),
    backed_up      BOOLEAN NOT NULL CHECK (backed_up IN (FALSE, TRUE)),
    name           TEXT    NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    last_used_at   TIMESTAMPTZ
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- Accounts at providers (OpenID Connect) that can sign in to an account here: `subject` is the user's id at `issuer`.
-- `provider` is the operator's name for the provider and `label` its display name, both as they were when it was
-- linked.
CREATE TABLE provider_links (
    issuer     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    user_id    BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider   TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    email      TEXT,
    linked_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX provider_links_by_user ON provider_links (user_id, provider);

-- A client holds a ticket between the two steps of a ceremony, a provider's flow, a setup or a challenge; nothing about
-- it is stored before it is used. These are the tickets that were used, or came with wrong answers, until they expire.
CREATE TABLE used_tickets (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    failures    BIGINT  NOT NULL CHECK (failures >= 0),
    spent       BOOLEAN NOT NULL CHECK (spent IN (FALSE, TRUE)),
    expires_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX used_tickets_by_age ON used_tickets (expires_at);
