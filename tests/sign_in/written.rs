//! E-mail addresses and names as people write them.

use crate::support::{Call, Database, Node, PASSWORD, another_email, both_databases, somebody};
use serde_json::{Value, json};

/// Addresses of no mailbox that plain mail can reach.
const NO_ADDRESSES: [&str; 14] = [
    "a@ex*mple.com",
    "a@ex_mple.com",
    "a@127.0.0.1",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@0x7f.1",
    "a@host",
    "a@-x.example",
    "a@x.example.",
    "a@x..example",
    "ä@x.example",
    "a b@x.example",
    "\"a\"@x.example",
    "Ann <a@x.example>",
];

both_databases! {
    async fn an_address_is_at_a_host_name(database: Database) {
        let (node, _, session) = somebody(database).await;
        let http = session.http(&node);
        for no_address in NO_ADDRESSES {
            let registration = json!({ "email": no_address, "password": PASSWORD, "first_name": "Ann" });
            node.http().invalid(&[("email", &["format"])], "auth.register", registration).await;
            let change = json!({ "current_password": PASSWORD, "new_email": no_address });
            http.invalid(&[("new_email", &["format"])], "profile.request_email_change", change).await;
            let reset = json!({ "email": no_address });
            node.http().invalid(&[("email", &["format"])], "auth.request_password_reset", reset).await;
        }
        let long = format!("{}@{}.example", "a".repeat(60), "b.".repeat(100).trim_end_matches('.'));
        node.http().invalid(&[("email", &["too_long"])], "auth.request_password_reset", json!({ "email": long })).await;
    }

    async fn an_umlaut_domain_is_one_address_in_every_form(database: Database) {
        let node = Node::start(database).await;
        let local = another_email("zoë").split_once('@').expect("an address").0.replace('ë', "e");
        let ascii = format!("{local}@xn--bcher-kva.example");
        let written = format!(" {local}@BÜCHER.example");
        let registration = json!({ "email": written, "password": PASSWORD, "first_name": "Zoë" });
        node.http().ok("auth.register", registration).await;
        let token = node.smtp.letter_to(&ascii).await.token();
        assert_eq!(node.http().ok("auth.verify_email", json!({ "token": token, "password": PASSWORD })).await, json!({ "email": ascii }));
        for email in [&written, &ascii, &format!("{local}@bu\u{308}cher.example")] {
            let signed_in = node.http().ok("auth.login", json!({ "email": email, "password": PASSWORD })).await;
            assert_eq!(signed_in["profile"]["email"], ascii, "{email}");
        }
    }

    async fn a_person_may_have_one_name(database: Database) {
        let node = Node::start(database).await;
        for last_name in [None, Some(Value::Null), Some(json!("")), Some(json!(" \u{3164}"))] {
            let email = another_email("suharto");
            let mut registration = json!({ "email": email, "password": PASSWORD, "first_name": "Suharto" });
            if let Some(last_name) = last_name {
                registration["last_name"] = last_name;
            }
            node.http().ok("auth.register", registration).await;
            let token = node.smtp.letter_to(&email).await.token();
            node.http().ok("auth.verify_email", json!({ "token": token, "password": PASSWORD })).await;
            let signed_in = node.http().ok("auth.login", json!({ "email": email, "password": PASSWORD })).await;
            assert_eq!(signed_in["profile"]["last_name"], Value::Null);
            // A new password is checked against the present names.
            let http = node.http().bearer(signed_in["access_token"].as_str().expect("a token"));
            let change = json!({ "current_password": PASSWORD, "new_password": "Suharto1" });
            http.invalid(&[("new_password", &["guessable"])], "auth.change_password", change).await;
        }
    }
}
