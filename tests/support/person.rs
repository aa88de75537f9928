//! The steps of a person: registering, verifying, signing in, opening tabs.

use super::{Call, Database, Http, Node, Ws};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// A password that satisfies every rule.
pub const PASSWORD: &str = "seven quiet larches beside a brook";

/// An address that nobody has used in this process.
pub fn another_email(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}.{}@example.test", COUNT.fetch_add(1, Ordering::SeqCst))
}

/// Valid parameters for `addresses.create`.
pub fn address(label: &str) -> Value {
    json!({
        "label": label,
        "first_name": "Ann",
        "last_name": "Lee",
        "address_line_1": "Lindenweg 7",
        "city": "Kassel",
        "state": "Hessen",
        "postal_code": "34117",
        "country": "Germany",
    })
}

/// Parameters that verify the registration of a person who chose [`PASSWORD`].
pub fn verification(token: impl AsRef<str>) -> Value {
    json!({ "token": token.as_ref(), "password": PASSWORD })
}

/// A person with a verified account.
#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    pub password: String,
}

/// One sign-in of a person.
#[derive(Clone, Debug)]
pub struct Session {
    /// The `session_id`.
    pub id: String,
    pub access_token: String,
    pub refresh_token: String,
    /// The whole `SignIn`.
    pub sign_in: Value,
}

impl Node {
    /// Registers without opening the letter.
    pub async fn unverified(&self, name: &str) -> Person {
        let person = Person { email: another_email(name), password: PASSWORD.to_owned() };
        self.http().ok("auth.register", person.registration()).await;
        person
    }

    /// Registers and verifies the address with the mailed token.
    pub async fn registered(&self, name: &str) -> Person {
        let person = self.unverified(name).await;
        let token = self.smtp.letter_to(&person.email).await.token();
        let verified = self.http().ok("auth.verify_email", verification(&token)).await;
        assert_eq!(verified, json!({ "email": person.email }));
        person
    }

    /// A person with an account and a session.
    pub async fn signed_in(&self, name: &str) -> (Person, Session) {
        let person = self.registered(name).await;
        let session = person.sign_in(self).await;
        (person, session)
    }
}

/// A node, and a person with a session on it.
pub async fn somebody(database: Database) -> (Node, Person, Session) {
    let node = Node::start(database).await;
    let (person, session) = node.signed_in("ann").await;
    (node, person, session)
}

impl Person {
    /// Valid parameters for `auth.register`.
    pub fn registration(&self) -> Value {
        json!({ "email": self.email, "password": self.password, "first_name": "Ann", "last_name": "Lee" })
    }

    pub fn credentials(&self) -> Value {
        json!({ "email": self.email, "password": self.password })
    }

    pub async fn sign_in(&self, node: &Node) -> Session {
        Session::from_wire(node.http().ok("auth.login", self.credentials()).await)
    }

    pub async fn sign_in_on(&self, node: &Node, device: &str) -> Session {
        let mut credentials = self.credentials();
        credentials["device_name"] = device.into();
        Session::from_wire(node.http().ok("auth.login", credentials).await)
    }
}

impl Session {
    pub fn from_wire(sign_in: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no SignIn: {sign_in}")).to_owned();
        Self {
            id: text(&sign_in["session"]["id"]),
            access_token: text(&sign_in["access_token"]),
            refresh_token: text(&sign_in["refresh_token"]),
            sign_in,
        }
    }

    /// HTTP calls with the access token.
    pub fn http(&self, node: &Node) -> Http {
        node.http().bearer(&self.access_token)
    }

    /// A tab: a WebSocket that is this session from its handshake on.
    pub async fn tab(&self, node: &Node) -> Ws {
        let bearer = format!("Bearer {}", self.access_token);
        node.ws_with(&[("authorization", &bearer)]).await.unwrap_or_else(|e| panic!("the handshake fails: {e}"))
    }

    /// A tab that becomes this session by `session.authenticate`, as a browser's.
    pub async fn browser_tab(&self, node: &Node) -> Ws {
        let ws = node.ws().await;
        ws.ok("session.authenticate", json!({ "access_token": self.access_token })).await;
        ws
    }

    /// Requests a change of the e-mail address to a free one and returns the token of the letter.
    pub async fn email_change_token(&self, node: &Node, password: &str, new_email: &str) -> String {
        let change = json!({ "current_password": password, "new_email": new_email });
        self.http(node).ok("profile.request_email_change", change).await;
        node.smtp.letter_saying(new_email, "/confirm-email-change?token=").await.token()
    }

    /// Asserts that neither token of the ended session is accepted.
    pub async fn assert_ended(&self, node: &Node, reason: &str) {
        let error = self.http(node).refused("session_ended", "profile.get", json!({})).await;
        assert_eq!(error.data["reason"], reason);
        let refresh = json!({ "refresh_token": self.refresh_token });
        let error = node.http().refused("session_ended", "auth.refresh", refresh).await;
        assert_eq!(error.data["reason"], reason);
        assert_eq!(node.refused_handshake(&[("authorization", &format!("Bearer {}", self.access_token))]).await, 401);
    }

    /// Exchanges the refresh token and returns the session with the new pair.
    pub async fn refreshed(&self, node: &Node) -> Self {
        let tokens = node.http().ok("auth.refresh", json!({ "refresh_token": self.refresh_token })).await;
        let mut sign_in = self.sign_in.clone();
        for (name, value) in tokens.as_object().expect("Tokens") {
            sign_in[name] = value.clone();
        }
        Self::from_wire(sign_in)
    }
}
