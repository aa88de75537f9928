//! Signing up with a provider.

use super::{begin, come_back, known, provided, refused, sign_in};
use crate::support::{
    Call, Database, IdentityProvider, Manner, Node, Session, another_email, both_databases, verification,
};
use serde_json::{Value, json};

/// A user whose address the provider has not verified.
fn unvouched(name: &str, email: &str) -> Value {
    json!({ "sub": format!("the {name}"), "email": email, "email_verified": false, "name": "Ann van der Lee" })
}

both_databases! {
    async fn an_unverified_address_is_verified_first(database: Database) {
        let (node, provider) = provided(database).await;
        let email = another_email("ann");
        let ann = unvouched("ann", &email);
        let registration = refused(&node, &provider, &ann, "email_not_verified").await["registration"].clone();
        // Until then it cannot sign in, and a mailbox's owner who opens a stranger's link creates nothing.
        let letter = node.smtp.letter_to(&email).await;
        let password = verification(letter.token());
        node.http().refused("invalid_credentials", "auth.verify_email", password).await;
        let code = json!({ "registration": registration, "code": letter.code() });
        node.http().ok("auth.verify_email", code).await;
        let handle = json!({ "registration": registration });
        let signed_in = Session::from_wire(node.http().ok("auth.login_registration", handle).await);
        let profile = &signed_in.sign_in["profile"];
        assert_eq!((&profile["first_name"], &profile["last_name"]), (&json!("Ann"), &json!("van der Lee")));
        let methods = signed_in.http(&node).ok("sign_in_methods.get", json!({})).await;
        assert_eq!((&methods["password"], &methods["providers"][0]["email"]), (&json!(false), &json!(email)));
        let by_provider = sign_in(&node, &provider, &ann).await;
        assert_eq!(by_provider.sign_in["profile"]["id"], profile["id"]);
    }

    async fn the_owner_of_such_an_address_is_not_revealed(database: Database) {
        let (node, provider) = provided(database).await;
        let owner = node.registered("ann").await;
        let eve = unvouched("eve", &owner.email);
        let of_owner = come_back(&node, &provider, &eve).await.expect_err("a refusal");
        let of_nobody = come_back(&node, &provider, &unvouched("bob", &another_email("bob"))).await.expect_err("a refusal");
        assert_eq!((&of_owner.kind, &of_owner.message), (&of_nobody.kind, &of_nobody.message));
        let length = |data: &Value| data["registration"].as_str().expect("a handle").len();
        assert_eq!(length(&of_owner.data), length(&of_nobody.data));
        node.smtp.letter_saying(&owner.email, "already").await;
        let session = owner.sign_in(&node).await;
        assert_eq!(session.http(&node).ok("sign_in_methods.get", json!({})).await["providers"], json!([]));
    }

    async fn a_flow_registers_once(database: Database) {
        let (node, provider) = provided(database).await;
        provider.set(crate::support::Mischief::TakesCodesAgain);
        let email = another_email("ann");
        let flow = begin(&node).await;
        let params = provider.agree(&flow, unvouched("ann", &email)).params(&flow);
        node.http().refused("email_not_verified", "auth.login_provider", params.clone()).await;
        node.http().refused("invalid_token", "auth.login_provider", params).await;
        node.smtp.letter_to(&email).await;
    }

    async fn one_of_two_registrations_of_one_provider_account_is_linked(database: Database) {
        let (node, provider) = provided(database).await;
        let mut codes = Vec::new();
        for _ in 0..2 {
            let email = another_email("ann");
            let data = refused(&node, &provider, &unvouched("ann", &email), "email_not_verified").await;
            let code = node.smtp.letter_to(&email).await.code();
            codes.push(json!({ "registration": data["registration"], "code": code }));
        }
        let mut verified = Vec::new();
        for code in codes {
            verified.push(node.http().call("auth.verify_email", code).await);
        }
        assert!(verified[0].is_ok());
        let error = verified[1].as_ref().expect_err("a refusal");
        assert_eq!((error.kind.as_str(), &error.data["field"]), ("conflict", &json!("provider")));
    }

    async fn registrations_of_the_address_are_dropped(database: Database) {
        let (node, provider) = provided(database).await;
        let person = node.unverified("ann").await;
        let letter = node.smtp.letter_to(&person.email).await;
        let claims = json!({ "sub": "ann", "email": person.email, "email_verified": true });
        let session = sign_in(&node, &provider, &claims).await;
        // Earlier registrations with the address get no access to the account.
        node.http().refused("invalid_token", "auth.verify_email", verification(letter.token())).await;
        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        assert_eq!(session.sign_in["profile"]["first_name"], person.email.split('@').next().expect("a part").to_owned());
    }

    async fn without_an_address_nobody_can_register(database: Database) {
        let (node, provider) = provided(database).await;
        for email in [json!(null), json!("nowhere"), json!("ann@127.0.0.1")] {
            let claims = json!({ "sub": "ann", "email": email, "email_verified": true });
            refused(&node, &provider, &claims, "invalid_token").await;
        }
    }

    async fn a_closed_sign_up_is_closed_for_providers_too(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let mut node = Node::on(database).provider("shop", &provider).start().await;
        let (ann, person) = (known("ann"), node.registered("cleo").await);
        sign_in(&node, &provider, &ann).await;
        node.stop().await;
        node.set("SIGN_UP", "closed");
        node.restart().await;
        sign_in(&node, &provider, &ann).await;
        refused(&node, &provider, &known("bea"), "sign_up_closed").await;
        refused(&node, &provider, &unvouched("dan", &another_email("dan")), "sign_up_closed").await;
        refused(&node, &provider, &unvouched("dan", &person.email), "sign_up_closed").await;
        node.stop().await;
        node.set("SIGN_UP", "open");
        node.set("SIGN_UP_DOMAINS", "shop.example");
        node.restart().await;
        refused(&node, &provider, &known("bea"), "sign_up_closed").await;
        refused(&node, &provider, &unvouched("dan", &another_email("dan")), "sign_up_closed").await;
        let here = json!({ "sub": "here", "email": "here@shop.example", "email_verified": true });
        sign_in(&node, &provider, &here).await;
    }
}
