"""Receives the events of Marbelle Accounts and keeps the users' profiles up to date in an SQLite file.

    pip install standardwebhooks
    WEBHOOK_SECRETS=whsec_… python3 receiver.py 9000 users.db
"""

import json
import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

# Two of them, separated by commas, while a secret is being rotated.
SECRETS = [Webhook(secret) for secret in os.environ["WEBHOOK_SECRETS"].split(",")]
LARGEST_BODY = 1 << 20


def verified(body, headers):
    """The event, or None for what is not signed by one of our secrets, or is older than five minutes."""
    for secret in SECRETS:
        try:
            return secret.verify(body, headers)
        except WebhookVerificationError:
            continue
    return None


def apply(database, event):
    """Brings an event into the table. Events may come twice, and a redelivery late: the revision tells which is newer."""
    data, user = event["data"], event["data"]["user_id"]
    if event["type"] in ("user.created", "profile.changed"):
        database.execute(
            "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, "
            "revision = excluded.revision WHERE revision < excluded.revision",
            (user, data["revision"], json.dumps(data["object"])),
        )
    elif event["type"] == "user.deleted":
        database.execute("DELETE FROM users WHERE id = ?", (user,))
        database.execute("INSERT OR IGNORE INTO deleted VALUES (?)", (user,))
    elif event["type"] == "user.resync":
        # Too much has waited: read this user anew by users.get, and take what that says.
        database.execute("INSERT OR IGNORE INTO stale VALUES (?)", (user,))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > LARGEST_BODY:
            return self.answer(413)
        event = verified(self.rfile.read(length), dict(self.headers))
        if event is None:
            return self.answer(400)
        # One transaction: an event that is answered is applied, and one that came before is not applied again.
        with sqlite3.connect(DATABASE) as database:
            seen = database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (self.headers["webhook-id"],))
            gone = database.execute("SELECT 1 FROM deleted WHERE id = ?", (event["data"]["user_id"],)).fetchone()
            if seen.rowcount == 1 and not gone:
                apply(database, event)
        print(event["type"], event["data"]["user_id"], event["data"]["revision"], flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """The events are log enough."""


PORT, DATABASE = int(sys.argv[1]), sys.argv[2]
with sqlite3.connect(DATABASE) as tables:
    tables.execute("CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, revision INTEGER, profile TEXT)")
    tables.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
    tables.execute("CREATE TABLE IF NOT EXISTS stale (id TEXT PRIMARY KEY)")
    tables.execute("CREATE TABLE IF NOT EXISTS deleted (id TEXT PRIMARY KEY)")
SERVER = HTTPServer(("127.0.0.1", PORT), Receiver)
print(f"listening on http://127.0.0.1:{SERVER.server_port}", flush=True)
SERVER.serve_forever()
