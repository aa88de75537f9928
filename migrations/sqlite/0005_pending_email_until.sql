-- Until when a change of the e-mail address waits for its confirmation. Older rows have none, and wait without a limit.
ALTER TABLE users ADD COLUMN pending_email_until TIMESTAMPTZ;
CREATE INDEX IF NOT EXISTS users_by_pending_email_until ON users (pending_email_until)
    WHERE pending_email_until IS NOT NULL;
