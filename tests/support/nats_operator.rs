//! A NATS server with accounts, whose clients need a credentials file (as `nsc` writes it).

use super::Nats;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct OperatedNats {
    nats: Nats,
    /// Goes with the server.
    folder: TempDir,
}

impl OperatedNats {
    pub async fn start() -> Self {
        let (operator, account, user) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_user());
        let unlimited = json!({ "subs": -1, "data": -1, "payload": -1, "conn": -1, "leaf": -1, "imports": -1,
            "exports": -1, "wildcards": true });
        let of_operator = claim(&operator, &operator, json!({ "type": "operator", "version": 2 }));
        let of_account = json!({ "type": "account", "version": 2, "limits": unlimited });
        let of_account = claim(&operator, &account, of_account);
        // Only the permissions that docs/settings.md requires.
        let only = json!({ "allow": ["marbelle.>"] });
        let of_user =
            json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": only, "sub": only });
        let of_user = claim(&account, &user, of_user);
        let folder = TempDir::with_prefix("marbelle-nats-").expect("a temporary folder");
        let config = format!(
            "operator: {of_operator}\nresolver: MEMORY\nresolver_preload: {{ {}: {of_account} }}\n",
            account.public_key()
        );
        let credentials = format!(
            "-----BEGIN NATS USER JWT-----\n{of_user}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            user.seed().expect("a seed")
        );
        std::fs::write(folder.path().join("nats.conf"), config).expect("the file is written");
        std::fs::write(folder.path().join("node.creds"), credentials).expect("the file is written");
        let config = folder.path().join("nats.conf").display().to_string();
        Self { nats: Nats::start_with(&["--config", &config]).await, folder }
    }

    /// For `MARBELLE_NATS_URL`.
    pub fn url(&self) -> String {
        format!("{}?creds={}", self.nats.url(), self.folder.path().join("node.creds").display())
    }
}

/// A JWT as NATS requires it, with the claims of `issuer` about `subject`.
fn claim(issuer: &KeyPair, subject: &KeyPair, what: Value) -> String {
    let encode = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "jti": subject.public_key(), "iat": 1_700_000_000, "iss": issuer.public_key(),
        "name": "marbelle", "sub": subject.public_key(), "nats": what });
    let signed = format!("{}.{}", encode(json!({ "typ": "JWT", "alg": "ed25519-nkey" })), encode(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(issuer.sign(signed.as_bytes()).expect("a signature"));
    format!("{signed}.{signature}")
}
