-- What other services and operators call with. The secret itself is with them alone. `scopes` are names, separated by
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
