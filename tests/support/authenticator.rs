//! An authenticator app (RFC 6238), implemented independently of the server.

use super::{Call, Node, Session};
use marbelle::domain::time::Clock;
use ring::hmac;
use serde_json::{Value, json};

/// The length of a step in seconds.
const STEP: u64 = 30;

/// An app that has the secret of one account.
#[derive(Clone, Debug)]
pub struct Authenticator {
    secret: Vec<u8>,
}

/// A second factor that was turned on, with its owner's secrets.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    pub app: Authenticator,
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// With a secret in base32 (RFC 4648).
    pub fn with(base32: &str) -> Self {
        let value = |c: char| match c {
            'A'..='Z' => u32::from(c) - u32::from('A'),
            '2'..='7' => u32::from(c) - u32::from('2') + 26,
            other => panic!("{other:?} is not base32"),
        };
        let bits: Vec<bool> =
            base32.chars().map(value).flat_map(|value| (0..5).rev().map(move |bit| value >> bit & 1 == 1)).collect();
        let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        Self { secret: bits.chunks_exact(8).map(byte).collect() }
    }

    /// The bytes of the secret.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The code of the present step.
    pub fn code(&self) -> String {
        let now = u64::try_from(Clock::system().now().unix()).expect("after 1970");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let mac = hmac::sign(&key, &(now / STEP).to_be_bytes());
        let at = usize::from(mac.as_ref()[19] & 15);
        let word: [u8; 4] = mac.as_ref()[at..at + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }

    /// Not a code of the present step, nor, except once in 300,000 times, of its neighbours.
    pub fn wrong_code(&self) -> String {
        let code: u32 = self.code().parse().expect("digits");
        format!("{:06}", (code + 1) % 1_000_000)
    }

    /// A code that is valid now: makes the server forget the used ones.
    pub async fn unused_code(&self, node: &Node) -> String {
        node.execute("UPDATE totp SET last_step = 0").await;
        self.code()
    }
}

impl Session {
    /// Turns the second factor on, which uses the code of the present step.
    pub async fn second_factor(&self, node: &Node) -> SecondFactor {
        let http = self.http(node);
        let started = http.ok("totp.begin", json!({})).await;
        let app = Authenticator::with(started["secret"].as_str().expect("a secret"));
        let enabled = http.ok("totp.enable", json!({ "setup": started["setup"], "code": app.code() })).await;
        SecondFactor { app, recovery_codes: serde_json::from_value(enabled["recovery_codes"].clone()).expect("codes") }
    }

    /// Sets the session's last proof long ago.
    pub async fn unproven(&self, node: &Node) {
        let statement =
            format!("UPDATE sessions SET proven_at = '2020-01-01T00:00:00.000Z' WHERE id = {}", self.sql_id(node));
        node.execute(&statement).await;
    }

    fn sql_id(&self, node: &Node) -> String {
        match node.database {
            super::Database::Sqlite => format!("X'{}'", self.id.replace('-', "")),
            super::Database::Postgres(_) => format!("'{}'", self.id),
        }
    }
}

/// Parameters that answer a challenge.
pub fn answer(challenge: &Value, kind: &str, code: &str) -> Value {
    json!({ "challenge": challenge, kind: code })
}
