//! The example values of the OpenRPC document; a test checks them against their schemas.

use crate::{
    domain::event::EventType,
    live::{EVENT, SUBSCRIPTION},
};
use serde_json::{Value, json};

pub fn profile() -> Value {
    json!({
        "id": "019aa3c4-5d80-7c3e-9a51-0d4f2b6c8e10",
        "email": "ann@example.org",
        "first_name": "Ann",
        "last_name": "Lee",
        "company_name": null,
        "phone": "+4915123456789",
        "locale": "en",
        "is_business_customer": false,
        "pending_email": null,
        "revision": 0,
        "created_at": "2026-11-21T09:00:00.000Z",
        "updated_at": "2026-11-21T09:00:00.000Z",
    })
}

pub fn address() -> Value {
    json!({
        "id": "019aa3c6-0a2b-7d11-8f0c-6b1e5d2a7f33",
        "label": "Home",
        "first_name": "Ann",
        "last_name": "Lee",
        "company": null,
        "address_line_1": "Hauptstrasse 1",
        "address_line_2": null,
        "city": "Berlin",
        "state": "Berlin",
        "postal_code": "10115",
        "country": "Germany",
        "phone": null,
        "is_primary": true,
        "revision": 2,
        "created_at": "2026-11-21T09:05:00.000Z",
        "updated_at": "2026-11-21T09:05:00.000Z",
    })
}

pub fn new_address() -> Value {
    json!({
        "label": "Home",
        "first_name": "Ann",
        "last_name": "Lee",
        "address_line_1": "Hauptstrasse 1",
        "city": "Berlin",
        "state": "Berlin",
        "postal_code": "10115",
        "country": "Germany",
    })
}

pub fn address_id() -> Value {
    json!({ "address_id": "019aa3c6-0a2b-7d11-8f0c-6b1e5d2a7f33" })
}

pub fn session() -> Value {
    let mut session = opened_session();
    session["last_seen_at"] = json!("2026-11-21T09:01:00.000Z");
    session["proven_at"] = json!("2026-11-21T09:01:00.000Z");
    session["expires_at"] = json!("2026-12-19T09:01:00.000Z");
    session["current"] = json!(true);
    session["connected"] = json!(true);
    session
}

pub fn opened_session() -> Value {
    json!({
        "id": "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22",
        "device_name": "Ann's laptop",
        "user_agent": "Mozilla/5.0",
        "ip": "192.0.2.7",
        "methods": ["password"],
        "created_at": "2026-11-21T09:01:00.000Z",
    })
}

pub fn tokens() -> Value {
    json!({
        "access_token": "eyJ…",
        "access_expires_at": "2026-11-21T09:11:00.000Z",
        "refresh_token": "AZqjxR8Ae0…",
        "refresh_expires_at": "2026-12-19T09:01:00.000Z",
    })
}

pub fn accepted() -> Value {
    json!({ "message": super::auth::CHECK_YOUR_MAIL })
}

pub fn snapshot() -> Value {
    json!({
        "epoch": "3f2b8c1e-7a5d-4e90-9b1f-2c4d6e8f0a13",
        "profile": profile(),
        "addresses": [address()],
        "sessions": [session()],
        "sign_in_methods": sign_in_methods(),
    })
}

pub fn sign_in_methods() -> Value {
    let mut methods = sign_in_methods_changed();
    methods["passkeys"] = json!([passkey()]);
    methods
}

/// The form in events.
pub fn sign_in_methods_changed() -> Value {
    let mut registered = passkey();
    if let Some(passkey) = registered.as_object_mut() {
        passkey.remove("last_used_at");
    }
    json!({
        "password": true,
        "totp": true,
        "recovery_codes_left": 10,
        "passkeys": [registered],
        "providers": [],
        "revision": 4,
    })
}

pub fn passkey() -> Value {
    json!({
        "id": "019aa3c7-2b10-7e55-9c0d-1f2a3b4c5d66",
        "name": "Ann's phone",
        "created_at": "2026-11-21T09:10:00.000Z",
        "backed_up": true,
        "last_used_at": null,
    })
}

/// An event of any kind.
pub fn event(kind: EventType, revision: Value, data: Value) -> Value {
    json!({
        "revision": revision,
        "at": "2026-11-21T09:05:00.000Z",
        "type": kind,
        "session_id": "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22",
        "data": data,
    })
}

pub fn addresses_changed() -> Value {
    event(EventType::AddressesChanged, json!(2), json!({ "upserted": [address()], "deleted": [] }))
}

/// The notification of an event.
pub fn notification(event: Value) -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": EVENT,
        "params": { "subscription": SUBSCRIPTION, "result": event },
    })
}

pub fn security_event() -> Value {
    json!({
        "id": "019aa3c5-1f01-7c10-8a5e-3b7d9f1c2e44",
        "at": "2026-11-21T09:01:00.000Z",
        "type": "sign_in",
        "session_id": "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22",
        "ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "detail": {},
    })
}

/// A ceremony for one of these credentials, or for any.
pub fn assertion_ceremony(allowed: &[&str]) -> Value {
    let allowed: Vec<_> = allowed.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
    json!({
        "ceremony": "mDdZ…",
        "options": {
            "challenge": "8JqGkE…",
            "timeout": 300_000,
            "rpId": "shop.example",
            "allowCredentials": allowed,
            "userVerification": "required",
        },
        "expires_at": "2026-11-21T09:05:00.000Z",
    })
}

pub fn registration_ceremony() -> Value {
    json!({
        "ceremony": "mDdZ…",
        "options": {
            "rp": { "id": "shop.example", "name": "The Shop" },
            "user": { "id": "AZqjxSsQflWcDR8q", "name": "ann@example.org", "displayName": "Ann Lee" },
            "challenge": "8JqGkE…",
            "pubKeyCredParams": [{ "type": "public-key", "alg": -8 }],
            "timeout": 300_000,
            "excludeCredentials": [],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
        },
        "expires_at": "2026-11-21T09:05:00.000Z",
    })
}

/// A credential that was used.
pub fn assertion() -> Value {
    json!({
        "id": "kZ3eq8",
        "rawId": "kZ3eq8",
        "type": "public-key",
        "response": {
            "clientDataJSON": "eyJ0",
            "authenticatorData": "SZYN",
            "signature": "MEUC",
            "userHandle": "AZqj",
        },
    })
}

/// A credential that was created.
pub fn new_credential() -> Value {
    json!({
        "id": "kZ3eq8",
        "rawId": "kZ3eq8",
        "type": "public-key",
        "response": { "clientDataJSON": "eyJ0", "attestationObject": "o2Nm" },
    })
}

/// A provider's flow that was started.
pub fn provider_flow() -> Value {
    json!({
        "flow": "mDdZ9Xw…",
        "authorization_url": "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&state=6Xr…",
        "expires_at": "2026-02-03T14:15:30.000Z",
    })
}

/// The answer of a provider, as the browser passes it on.
pub fn provider_answer() -> Value {
    json!({ "flow": "mDdZ9Xw…", "code": "4/0AeaYSH…", "state": "6Xr…" })
}
