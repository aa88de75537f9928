//! Examples that several methods share.

use crate::methods::examples as user_examples;
use serde_json::{Value, json};

/// A service key.
pub fn key() -> Value {
    json!({
        "id": "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07",
        "name": "orders",
        "scopes": ["users:read", "tokens:verify"],
        "created_at": "2026-11-20T09:00:00.000Z",
        "expires_at": "2027-02-18T09:00:00.000Z",
        "last_used_at": null,
        "revoked_at": null,
    })
}

/// A webhook.
pub fn webhook() -> Value {
    json!({
        "id": "019aa3c5-1f00-7f31-9c02-4d5e6f708192",
        "url": "https://search.shop.example/hooks/accounts",
        "events": ["profile.changed", "user.deleted"],
        "description": null,
        "disabled_at": null,
        "failing_since": null,
        "created_at": "2026-11-20T09:00:00.000Z",
    })
}

/// A delivery of a webhook.
pub fn delivery() -> Value {
    json!({
        "id": "019aa3c5-1f00-7a62-8d13-5e6f70819203",
        "type": "profile.changed",
        "user_id": "019aa3c5-1f00-7d2e-9a41-0b6c8f3e2d10",
        "state": "waiting",
        "attempts": 1,
        "last_status": 503,
        "last_error": "answered 503",
        "next_attempt_at": "2026-11-20T09:05:00.000Z",
        "created_at": "2026-11-20T09:00:00.000Z",
    })
}

/// A user, with the fields that the owner does not see.
pub fn user() -> Value {
    let mut user = user_examples::profile();
    user["external_id"] = json!("crm:4711");
    user["disabled_at"] = json!(null);
    user["sessions"] = json!(1);
    user["last_seen_at"] = json!("2026-11-21T09:01:00.000Z");
    user["sign_in_methods"] = user_examples::sign_in_methods();
    user
}

/// Parameters that name a user.
pub fn user_id() -> Value {
    json!({ "user_id": "019aa3c4-5d80-7c3e-9a51-0d4f2b6c8e10" })
}
