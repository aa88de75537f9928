//! Linking and unlinking.

use super::{begin, known, link, provided, refused, sign_in};
use crate::support::{Account, Call, Database, IdentityProvider, Manner, Node, Session, both_databases};
use serde_json::{Value, json};

both_databases! {
    async fn every_tab_sees_linking_and_unlinking(database: Database) {
        let (node, provider) = provided(database).await;
        let (person, session) = node.signed_in("ann").await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let ann = known("ann");
        let methods = link(&node, &session, &provider, &ann).await.expect("linked");
        assert_eq!(methods["providers"][0]["email"], ann["email"]);
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["providers"], methods["providers"]);
        assert_eq!(account.sign_in_methods["revision"], methods["revision"]);
        let letter = node.smtp.letter_saying(&person.email, "linked an account at a provider").await;
        assert!(letter.text.contains("Sign-in with: shop"), "{}", letter.text);
        // The same once more changes nothing.
        assert_eq!(link(&node, &session, &provider, &ann).await.expect("still linked"), methods);
        // It signs in to the account, whatever address the provider knows.
        let by_provider = sign_in(&node, &provider, &ann).await;
        assert_eq!(by_provider.sign_in["profile"]["email"], person.email.as_str());

        let methods = session.http(&node).ok("providers.unlink", json!({ "provider": "shop" })).await;
        assert_eq!(methods["providers"], json!([]));
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["providers"], json!([]));
        node.smtp.letter_saying(&person.email, "unlinked an account at a provider").await;
        session.http(&node).refused("not_found", "providers.unlink", json!({ "provider": "shop" })).await;
        let log = session.http(&node).ok("account.security_log", json!({})).await;
        let events = log["events"].as_array().expect("events");
        for wanted in ["provider_linked", "provider_unlinked"] {
            let event = events.iter().find(|event| event["type"] == wanted).expect(wanted);
            assert_eq!((&event["detail"], &event["session_id"]), (&json!({ "provider": "shop" }), &json!(session.id)));
        }
        // Somebody else may link it now.
        let (_, other) = node.signed_in("bea").await;
        link(&node, &other, &provider, &ann).await.expect("linked");
    }

    async fn an_identity_linked_elsewhere_is_a_conflict(database: Database) {
        let (node, provider) = provided(database).await;
        let (ann, bea) = (known("ann"), known("bea"));
        sign_in(&node, &provider, &ann).await;
        let (_, session) = node.signed_in("bea").await;
        let error = link(&node, &session, &provider, &ann).await.expect_err("a refusal");
        assert_eq!((error.kind.as_str(), &error.data["field"]), ("conflict", &json!("provider")));
        link(&node, &session, &provider, &bea).await.expect("linked");
        // Another account at the same provider.
        let error = link(&node, &session, &provider, &known("cleo")).await.expect_err("a refusal");
        assert_eq!((error.kind.as_str(), &error.data["field"]), ("conflict", &json!("provider")));
    }

    async fn the_last_sign_in_method_stays(database: Database) {
        let (node, provider) = provided(database).await;
        let session = sign_in(&node, &provider, &known("ann")).await;
        let http = session.http(&node);
        http.refused("last_sign_in_method", "providers.unlink", json!({ "provider": "shop" })).await;
        // The session was proven by its sign-in: a first password needs no other.
        http.ok("auth.change_password", json!({ "new_password": "nine loud herons above a mill" })).await;
        let email = session.sign_in["profile"]["email"].clone();
        let signed_in = node.http().ok("auth.login", json!({ "email": email, "password": "nine loud herons above a mill" })).await;
        let session = Session::from_wire(signed_in);
        session.http(&node).ok("providers.unlink", json!({ "provider": "shop" })).await;
    }

    async fn a_link_is_completed_only_by_the_session_that_started_it(database: Database) {
        let (node, provider) = provided(database).await;
        let ((_, ann), (_, bea)) = (node.signed_in("ann").await, node.signed_in("bea").await);
        let claims = known("eve");
        let flow = ann.http(&node).ok("providers.begin_link", json!({ "provider": "shop" })).await;
        let params = provider.agree(&flow, claims.clone()).params(&flow);
        bea.http(&node).refused("invalid_token", "providers.link", params.clone()).await;
        node.http().refused("invalid_token", "auth.login_provider", params.clone()).await;
        // Nor does the flow of a sign-in link anything: a stranger's link in a mail would give them the account.
        let login = begin(&node).await;
        let foreign = provider.agree(&login, claims).params(&login);
        ann.http(&node).refused("invalid_token", "providers.link", foreign).await;
        ann.http(&node).ok("providers.link", params.clone()).await;
        ann.http(&node).refused("invalid_token", "providers.link", params).await;
    }

    async fn linking_and_unlinking_require_proof(database: Database) {
        let (node, provider) = provided(database).await;
        let (_, session) = node.signed_in("ann").await;
        link(&node, &session, &provider, &known("ann")).await.expect("linked");
        session.unproven(&node).await;
        for method in ["providers.begin_link", "providers.unlink"] {
            session.http(&node).refused("proof_required", method, json!({ "provider": "shop" })).await;
        }
    }

    async fn a_provider_that_is_no_longer_configured_can_be_unlinked(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let mut node = Node::on(database).provider("shop", &provider).start().await;
        let (_, session) = node.signed_in("ann").await;
        link(&node, &session, &provider, &known("ann")).await.expect("linked");
        node.stop().await;
        for (name, _) in provider.settings("shop") {
            node.set(&name, "");
        }
        node.restart().await;
        node.http().refused("not_found", "auth.begin_provider_login", json!({ "provider": "shop" })).await;
        session.http(&node).refused("not_found", "providers.begin_link", json!({ "provider": "shop" })).await;
        let methods = session.http(&node).ok("providers.unlink", json!({ "provider": "shop" })).await;
        assert_eq!(methods["providers"], json!([]));
    }

    async fn a_reset_lists_the_other_sign_in_methods(database: Database) {
        let (node, provider) = provided(database).await;
        let ann = known("ann");
        let email = ann["email"].as_str().expect("text").to_owned();
        let session = sign_in(&node, &provider, &ann).await;
        let token = node.reset_token(&email).await;
        let reset = json!({ "token": token, "new_password": "nine loud herons above a mill" });
        node.http().ok("auth.confirm_password_reset", reset).await;
        session.assert_ended(&node, "password_reset").await;
        let letter = node.smtp.letter_saying(&email, "These can still sign in as well").await;
        assert!(letter.text.contains("Sign-in with: shop"), "{}", letter.text);
        sign_in(&node, &provider, &ann).await;
    }

    async fn an_account_with_the_address_must_be_linked_by_its_owner(database: Database) {
        let (node, provider) = provided(database).await;
        let (person, session) = node.signed_in("ann").await;
        let claims = json!({ "sub": "ann", "email": person.email, "email_verified": true });
        let data = refused(&node, &provider, &claims, "link_required").await;
        assert_eq!(data["provider"], "shop");
        assert_eq!(session.http(&node).ok("sign_in_methods.get", json!({})).await["providers"], Value::Array(vec![]));
        link(&node, &session, &provider, &claims).await.expect("linked");
        sign_in(&node, &provider, &claims).await;
    }
}
