-- Keys that other services and operators call with. Only they have the secrets. `scopes` are names, separated by
-- spaces.
CREATE TABLE service_keys (
    id            UUID    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    secret_hash   BYTEA   NOT NULL CHECK (length(secret_hash) = 32),
    scopes        TEXT    NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ,
    last_used_at  TIMESTAMPTZ,
    revoked_at    TIMESTAMPTZ
);

-- Actions of operators, by a service key or by the command line (without `key_id`). `detail` is JSON. When a user is
-- deleted it is cleared at once, and `user_id` 30 days after `user_deleted_at`.
CREATE TABLE audit_log (
    id               UUID    NOT NULL PRIMARY KEY,
    at               TIMESTAMPTZ NOT NULL,
    actor            TEXT    NOT NULL,
    key_id           UUID,
    method           TEXT    NOT NULL,
    user_id          UUID,
    detail           TEXT    NOT NULL,
    user_deleted_at  TIMESTAMPTZ
);
CREATE INDEX audit_log_by_user ON audit_log (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_by_deletion ON audit_log (user_deleted_at) WHERE user_deleted_at IS NOT NULL;
CREATE INDEX audit_log_by_age ON audit_log (at);
