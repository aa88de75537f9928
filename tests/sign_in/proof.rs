//! Proving a session again (docs/protocol.md, "Proof").

use crate::support::{
    Call, Database, Inside, Node, PASSWORD, another_email, both_databases,
    inside::{account, client, credentials, device, email, password},
    marbelle, somebody,
};
use futures_util::future::join_all;
use marbelle::{
    account::Error,
    domain::session::{AuthenticationMethod, ProvenCaller},
    sign_in::SessionProof,
};
use serde_json::{Value, json};
use std::time::Duration;

both_databases! {
    async fn every_method_that_declares_it_needs_proof(database: Database) {
        let (node, _, session) = somebody(database).await;
        session.unproven(&node).await;
        let output = marbelle(&["openrpc"], &[]).await;
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let mut asked = 0;
        for method in document["methods"].as_array().expect("methods").iter().filter(|method| method["x-proof"] == true) {
            let name = method["name"].as_str().expect("a name");
            let example = method["examples"][0]["params"].as_array().expect("parameters");
            let params = example.iter().map(|param| (param["name"].as_str().expect("a name").to_owned(), param["value"].clone()));
            let error = session.http(&node).refused("proof_required", name, Value::Object(params.collect())).await;
            assert_eq!(error.data["methods"], json!(["password"]), "{name}");
            asked += 1;
        }
        assert!(asked >= 3, "{asked}");
    }

    async fn a_password_proves_a_session_for_a_while(database: Database) {
        let (node, person, session) = somebody(database).await;
        let http = session.http(&node);
        http.ok("totp.begin", json!({})).await;
        session.unproven(&node).await;
        http.refused("proof_required", "totp.begin", json!({})).await;
        http.refused("invalid_credentials", "session.prove", json!({ "password": "wrong larches beside no brook" })).await;
        http.refused("proof_required", "totp.begin", json!({})).await;
        http.refused("proof_required", "session.prove", json!({ "totp": "000000" })).await;
        let proven = http.ok("session.prove", json!({ "password": person.password })).await;
        let current = http.ok("session.current", json!({})).await;
        assert_eq!(current["session"]["proven_at"], proven["proven_at"]);
        http.ok("totp.begin", json!({})).await;
        http.invalid(&[("passkey", &["required"]), ("password", &["required"]), ("recovery_code", &["required"]), ("totp", &["required"])], "session.prove", json!({})).await;
    }

    async fn a_session_is_proven_for_ten_minutes(database: Database) {
        let inside = Inside::on(&database, &[]);
        let address = email(&another_email("ann"));
        inside.with(async |accounts| {
            account(accounts, &address).await;
            let caller = accounts.sign_in(&credentials(&address, PASSWORD), &device()).await.expect("a session").caller();
            let begin = async || accounts.begin_totp(ProvenCaller(caller)).await;
            inside.advance(Duration::from_secs(9 * 60 + 30));
            begin().await.expect("it signed in recently");
            inside.advance(Duration::from_secs(30));
            assert!(matches!(begin().await, Err(Error::ProofRequired(methods)) if methods == [AuthenticationMethod::Password]));
            // A change checks under its lock.
            let changed = accounts.disable_totp(ProvenCaller(caller), &client()).await;
            assert!(matches!(changed, Err(Error::ProofRequired(_))));
            let password = password(PASSWORD);
            accounts.prove(caller, &client(), SessionProof::Password(&password)).await.expect("it is proven");
            inside.advance(Duration::from_secs(9 * 60 + 30));
            begin().await.expect("it was proven recently");
        }).await;
    }

    async fn a_proof_of_one_session_does_not_prove_another(database: Database) {
        let (node, person, session) = somebody(database).await;
        let other = person.sign_in(&node).await;
        session.unproven(&node).await;
        other.unproven(&node).await;
        session.http(&node).ok("session.prove", json!({ "password": person.password })).await;
        session.http(&node).ok("totp.begin", json!({})).await;
        other.http(&node).refused("proof_required", "totp.begin", json!({})).await;
    }

    async fn one_of_twenty_callers_with_one_code_proves_its_session(database: Database) {
        let node = Node::on(database).set("LIMITS__FAILURES_PER_ACCOUNT", 1000).start().await;
        let (_, session) = node.signed_in("ann").await;
        let factor = session.second_factor(&node).await;
        let http = session.http(&node);
        let code = factor.app.unused_code(&node).await;
        for params in [json!({ "totp": code }), json!({ "recovery_code": factor.recovery_codes[0] })] {
            let replies = join_all((0..20).map(|_| http.call("session.prove", params.clone()))).await;
            assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1, "{params}");
            let refused = replies.into_iter().filter_map(Result::err);
            refused.for_each(|error| assert_eq!(error.kind, "invalid_credentials"));
        }
        assert_eq!(http.ok("sign_in_methods.get", json!({})).await["recovery_codes_left"], 9);
    }

    async fn failures_count_for_the_sessions_device(database: Database) {
        let node = Node::on(database).set("LIMITS__FAILURES_PER_ACCOUNT", 2).start().await;
        let (person, session) = node.signed_in("ann").await;
        let http = session.http(&node);
        for _ in 0..2 {
            http.refused("invalid_credentials", "session.prove", json!({ "password": "wrong larches beside no brook" })).await;
        }
        http.refused("rate_limited", "session.prove", json!({ "password": person.password })).await;
        person.sign_in(&node).await.http(&node).ok("session.prove", json!({ "password": person.password })).await;
    }
}
