//! Examples that several methods share.

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
