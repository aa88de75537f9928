-- One row: a version, random after every change of the webhooks, by which a node checks whether its cached webhooks are
-- current.
CREATE TABLE webhooks_version (
    singleton   BOOLEAN NOT NULL PRIMARY KEY CHECK (singleton = TRUE),
    version     BLOB    NOT NULL CHECK (length(version) = 16)
);

-- Webhooks: receivers of changes in other systems. `events` are names, separated by spaces; null stands for all. The
-- secrets are encrypted under keys derived from a token secret; the former secret also signs until `former_until`.
-- `failing_since` is the time of the first failure since the last success.
CREATE TABLE webhooks (
    id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    url               TEXT    NOT NULL,
    events            TEXT,
    description       TEXT,
    sealed_secret     BLOB    NOT NULL,
    sealed_by         BLOB    NOT NULL CHECK (length(sealed_by) = 8),
    former_secret     BLOB,
    former_sealed_by  BLOB    CHECK (length(former_sealed_by) = 8),
    former_until      TIMESTAMPTZ,
    disabled_at       TIMESTAMPTZ,
    failing_since     TIMESTAMPTZ,
    created_at        TIMESTAMPTZ NOT NULL,
    CHECK ((former_secret IS NULL) = (former_sealed_by IS NULL) AND (former_secret IS NULL) = (former_until IS NULL))
);

-- Outgoing events: one row for each event and receiver, which is a webhook, or the stream, whose id is zero. Of the
-- rows that wait for one receiver and concern one user, the one with the lowest `place` is the head, and only it has
-- `next_attempt_at`: the others wait behind it. A claimed head belongs to its worker until `next_attempt_at`. A
-- `doomed` row is dropped after the attempt under way. Test events of a webhook have no user.
CREATE TABLE outgoing_events (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    receiver_id      BLOB    NOT NULL CHECK (length(receiver_id) = 16),
    user_id          BLOB    CHECK (length(user_id) = 16),
    place            BIGINT  NOT NULL,
    type             TEXT    NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    external_id      TEXT,
    revision         BIGINT,
    session_id       BLOB    CHECK (length(session_id) = 16),
    object           TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts         BIGINT  NOT NULL,
    next_attempt_at  TIMESTAMPTZ CHECK (next_attempt_at IS NULL OR state = 'waiting'),
    claimed          BOOLEAN NOT NULL CHECK (claimed IN (FALSE, TRUE)),
    doomed           BOOLEAN NOT NULL CHECK (doomed IN (FALSE, TRUE)),
    last_status      BIGINT,
    last_error       TEXT
);
CREATE INDEX outgoing_events_by_user ON outgoing_events (user_id, receiver_id, place);
CREATE INDEX outgoing_events_by_receiver ON outgoing_events (receiver_id, state, id);
CREATE UNIQUE INDEX outgoing_events_heads ON outgoing_events (user_id, receiver_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX outgoing_events_due ON outgoing_events (receiver_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX outgoing_events_claimed ON outgoing_events (receiver_id) WHERE claimed;
