//! Who may register: `MARBELLE_SIGN_UP`, `MARBELLE_SIGN_UP_DOMAINS`, `auth.options`.

use crate::support::{Call, Database, Node, another_email, both_databases};
use serde_json::{Value, json};

fn registration(email: &str) -> Value {
    json!({ "email": email, "password": "a long walk by the sea", "first_name": "Ann" })
}

both_databases! {
    async fn a_page_gets_the_options_that_it_may_offer(database: Database) {
        let node = Node::start(database).await;
        let options = node.http().ok("auth.options", json!({})).await;
        let expected = json!({
            "sign_up": "open", "sign_up_domains": [], "password_min_length": 8, "providers": [], "passkeys": true,
        });
        assert_eq!(options, expected);
    }

    async fn a_closed_sign_up_is_reported_to_everybody(database: Database) {
        let mut node = Node::on(database).start().await;
        let known = node.registered("ann").await;
        let waiting = node.unverified("bob").await;
        node.stop().await;
        node.set("SIGN_UP", "closed");
        node.restart().await;
        assert_eq!(node.http().ok("auth.options", json!({})).await["sign_up"], "closed");
        for email in [&known.email, &waiting.email, &another_email("eve")] {
            node.http().refused("sign_up_closed", "auth.register", registration(email)).await;
        }
        known.sign_in(&node).await;
        // Earlier registrations can continue.
        let again = json!({ "email": waiting.email });
        node.http().ok("auth.resend_verification", again).await;
    }

    async fn addresses_of_other_domains_cannot_register(database: Database) {
        let node = Node::on(database).set("SIGN_UP_DOMAINS", "Shop.example, bücher.example").start().await;
        let options = node.http().ok("auth.options", json!({})).await;
        assert_eq!(options["sign_up_domains"], json!(["shop.example", "xn--bcher-kva.example"]));
        for email in ["ann@shop.example", "bob@bücher.example"] {
            node.http().ok("auth.register", registration(email)).await;
        }
        for email in ["ann@example.org", "ann@sub.shop.example", "ann@evilshop.example"] {
            node.http().invalid(&[("email", &["not_allowed"])], "auth.register", registration(email)).await;
        }
    }
}
