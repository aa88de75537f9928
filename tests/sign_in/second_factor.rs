//! Signing in with a second factor (docs/protocol.md, "Second factor").

use crate::support::{
    Account, Call, Database, IdentityProvider, Manner, Node, Person, SecondFactor, Session, answer, both_databases,
    somebody, won,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// A person with a second factor, and a session from before it.
async fn protected(database: Database) -> (Node, Person, Session, SecondFactor) {
    let node = Node::on(database).set("LIMITS__FAILURES_PER_ACCOUNT", 1000).start().await;
    let (person, session) = node.signed_in("ann").await;
    let factor = session.second_factor(&node).await;
    (node, person, session, factor)
}

/// The challenge of a sign-in by the right password.
async fn challenged(node: &Node, person: &Person) -> Value {
    let refused = node.http().refused("second_factor_required", "auth.login", person.credentials()).await;
    refused.data["challenge"].clone()
}

both_databases! {
    async fn a_sign_in_is_completed_by_a_code_or_a_recovery_code(database: Database) {
        let (node, person, session, factor) = protected(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let refused = node.http().refused("second_factor_required", "auth.login", person.credentials()).await;
        assert_eq!(refused.data["factors"], json!(["totp", "recovery_code"]));
        assert_eq!(refused.data["passkey"], Value::Null);
        assert!(refused.data["expires_at"].is_string());

        let code = factor.app.unused_code(&node).await;
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        let signed_in = node.http().ok("auth.login_second_factor", answer(&refused.data["challenge"], "totp", &spaced)).await;
        assert_eq!(signed_in["session"]["methods"], json!(["password", "totp"]));
        Session::from_wire(signed_in).http(&node).ok("profile.get", json!({})).await;

        let challenge = challenged(&node, &person).await;
        let typed = factor.recovery_codes[0].to_lowercase().replace('-', " ");
        let signed_in = node.http().ok("auth.login_second_factor", answer(&challenge, "recovery_code", &typed)).await;
        assert_eq!(signed_in["session"]["methods"], json!(["password", "recovery_code"]));
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["recovery_codes_left"], 9);
        let letter = node.smtp.letter_saying(&person.email, "was used in place").await;
        assert!(letter.text.contains(": 9\n"), "{}", letter.text);
    }

    async fn the_device_of_the_sign_in_is_kept(database: Database) {
        let (node, person, session, factor) = protected(database).await;
        let mut credentials = person.credentials();
        credentials["device_token"] = session.sign_in["device_token"].clone();
        credentials["device_name"] = "Ann's phone".into();
        let refused = node.http().refused("second_factor_required", "auth.login", credentials).await;
        let code = factor.app.unused_code(&node).await;
        let signed_in = node.http().ok("auth.login_second_factor", answer(&refused.data["challenge"], "totp", &code)).await;
        assert_eq!(signed_in["device_token"], session.sign_in["device_token"]);
        assert_eq!(signed_in["session"]["device_name"], "Ann's phone");
        let page = node.http().with("origin", "http://localhost:5173");
        let mut params = answer(&challenged(&node, &person).await, "totp", &factor.app.unused_code(&node).await);
        params["credentials"] = "cookie".into();
        let exchange = page.exchange("auth.login_second_factor", params).await;
        let by_cookie = exchange.reply.clone().expect("a reply").expect("a session");
        assert_eq!(by_cookie.get("access_token"), None);
        assert!(exchange.header("set-cookie").starts_with("marbelle_"));
    }

    async fn a_code_and_a_challenge_are_single_use(database: Database) {
        let (node, person, _, factor) = protected(database).await;
        let http = node.http();
        let (first, second) = (challenged(&node, &person).await, challenged(&node, &person).await);
        // The code that has turned it on is used up.
        http.refused("invalid_credentials", "auth.login_second_factor", answer(&first, "totp", &factor.app.code())).await;
        let code = factor.app.unused_code(&node).await;
        http.ok("auth.login_second_factor", answer(&first, "totp", &code)).await;
        http.refused("invalid_credentials", "auth.login_second_factor", answer(&second, "totp", &code)).await;
        http.refused("invalid_token", "auth.login_second_factor", answer(&first, "totp", &code)).await;
        let code = &factor.recovery_codes[3];
        http.ok("auth.login_second_factor", answer(&second, "recovery_code", code)).await;
        let third = challenged(&node, &person).await;
        http.refused("invalid_credentials", "auth.login_second_factor", answer(&third, "recovery_code", code)).await;
        for none in ["x", "", &person.password] {
            http.refused("invalid_token", "auth.login_second_factor", answer(&none.into(), "totp", "000000")).await;
        }
    }

    async fn one_of_twenty_concurrent_callers_signs_in(database: Database) {
        let (node, person, _, factor) = protected(database).await;
        let (http, kinds) = (node.http(), ["invalid_credentials", "invalid_token"]);
        let mut challenges = Vec::new();
        for _ in 0..20 {
            challenges.push(challenged(&node, &person).await);
        }
        // One code, twenty challenges.
        let code = factor.app.unused_code(&node).await;
        let calls = challenges.iter().map(|challenge| http.call("auth.login_second_factor", answer(challenge, "totp", &code)));
        assert_eq!(won(join_all(calls).await, &kinds), 1);
        // One recovery code, twenty challenges.
        let mut challenges = Vec::new();
        for _ in 0..20 {
            challenges.push(challenged(&node, &person).await);
        }
        let code = &factor.recovery_codes[0];
        let calls = challenges.iter().map(|challenge| http.call("auth.login_second_factor", answer(challenge, "recovery_code", code)));
        assert_eq!(won(join_all(calls).await, &kinds), 1);
        // One challenge, with each of the others' codes and the app's.
        let challenge = challenged(&node, &person).await;
        let code = factor.app.unused_code(&node).await;
        let by_code = (0..11).map(|_| answer(&challenge, "totp", &code));
        let by_recovery_code = factor.recovery_codes[1..].iter().map(|code| answer(&challenge, "recovery_code", code));
        let calls = by_code.chain(by_recovery_code).map(|params| http.call("auth.login_second_factor", params));
        assert_eq!(won(join_all(calls).await, &kinds), 1);
    }

    async fn five_wrong_answers_end_a_challenge(database: Database) {
        let (node, person, _, factor) = protected(database).await;
        let http = node.http();
        let challenge = challenged(&node, &person).await;
        for _ in 0..5 {
            let wrong = answer(&challenge, "totp", &factor.app.wrong_code());
            http.refused("invalid_credentials", "auth.login_second_factor", wrong).await;
        }
        let code = factor.app.unused_code(&node).await;
        http.refused("invalid_token", "auth.login_second_factor", answer(&challenge, "totp", &code)).await;
        let challenge = challenged(&node, &person).await;
        http.ok("auth.login_second_factor", answer(&challenge, "totp", &code)).await;
    }

    async fn wrong_codes_count_with_wrong_passwords(database: Database) {
        let node = Node::on(database).set("LIMITS__FAILURES_PER_ACCOUNT", 3).start().await;
        let (person, session) = node.signed_in("ann").await;
        let factor = session.second_factor(&node).await;
        let wrong = json!({ "email": person.email, "password": "wrong larches beside no brook" });
        node.http().refused("invalid_credentials", "auth.login", wrong).await;
        let challenge = challenged(&node, &person).await;
        for _ in 0..2 {
            let wrong = answer(&challenge, "totp", &factor.app.wrong_code());
            node.http().refused("invalid_credentials", "auth.login_second_factor", wrong).await;
        }
        let code = factor.app.unused_code(&node).await;
        node.http().refused("rate_limited", "auth.login_second_factor", answer(&challenge, "totp", &code)).await;
        node.http().refused("rate_limited", "auth.login", person.credentials()).await;
        // The owner's device has an allowance of its own.
        let mut credentials = person.credentials();
        credentials["device_token"] = session.sign_in["device_token"].clone();
        let refused = node.http().refused("second_factor_required", "auth.login", credentials).await;
        node.http().ok("auth.login_second_factor", answer(&refused.data["challenge"], "totp", &code)).await;
        let log = session.http(&node).ok("account.security_log", json!({})).await;
        let types = log["events"].as_array().expect("events").iter().map(|event| event["type"].as_str().expect("a type"));
        let types: Vec<&str> = types.collect();
        let count = |wanted: &str| types.iter().filter(|kind| **kind == wanted).count();
        // Each sign-in with the right password, and each wrong code.
        assert_eq!((count("second_factor_required"), count("second_factor_failed")), (2, 2), "{types:?}");
    }

    async fn a_challenge_ends_with_any_change_of_the_sign_in_methods(database: Database) {
        let (node, person, session, factor) = protected(database).await;
        let http = session.http(&node);
        for (method, params) in [
            ("recovery_codes.renew", json!({})),
            ("auth.change_password", json!({ "current_password": person.password, "new_password": "nine loud herons above a mill" })),
        ] {
            let challenge = challenged(&node, &person).await;
            http.ok(method, params).await;
            let code = factor.app.unused_code(&node).await;
            node.http().refused("invalid_token", "auth.login_second_factor", answer(&challenge, "totp", &code)).await;
        }
    }

    async fn no_method_bypasses_the_factor(database: Database) {
        let (node, person, session, factor) = protected(database).await;
        // The reset sets the password and opens nothing.
        let token = node.reset_token(&person.email).await;
        let new = Person { password: "nine loud herons above a mill".into(), ..person.clone() };
        let reset = node.http().ok("auth.confirm_password_reset", json!({ "token": token, "new_password": new.password })).await;
        assert_eq!(reset.as_object().expect("an object").keys().collect::<Vec<_>>(), ["device_token"]);
        session.assert_ended(&node, "password_reset").await;
        let mut credentials = new.credentials();
        credentials["device_token"] = reset["device_token"].clone();
        let refused = node.http().refused("second_factor_required", "auth.login", credentials).await;
        let code = factor.app.unused_code(&node).await;
        let signed_in = node.http().ok("auth.login_second_factor", answer(&refused.data["challenge"], "totp", &code)).await;
        let session = Session::from_wire(signed_in);

        // Neither the password nor the e-mail address can be changed with only the password.
        session.unproven(&node).await;
        let http = session.http(&node);
        let third = json!({ "current_password": new.password, "new_password": "eleven slow trams in the rain" });
        let email = json!({ "current_password": new.password, "new_email": crate::support::another_email("new") });
        for (method, params) in [("auth.change_password", third), ("profile.request_email_change", email.clone())] {
            let error = http.refused("proof_required", method, params).await;
            assert_eq!(error.data["methods"], json!(["totp", "recovery_code"]));
        }
        http.refused("proof_required", "session.prove", json!({ "password": new.password })).await;
        http.ok("session.prove", json!({ "totp": factor.app.unused_code(&node).await })).await;
        http.ok("profile.request_email_change", email.clone()).await;
        let new_email = email["new_email"].as_str().expect("an address");
        let token = node.smtp.letter_saying(new_email, "/confirm-email-change?token=").await.token();
        node.http().ok("profile.confirm_email_change", json!({ "token": token, "password": new.password })).await;
        session.assert_ended(&node, "email_changed").await;
        let moved = Person { email: new_email.to_owned(), ..new };
        challenged(&node, &moved).await;
    }

    async fn earlier_requests_do_not_bypass_the_factor(database: Database) {
        let (node, person, theirs) = somebody(database).await;
        let (new_email, password) = (crate::support::another_email("thief"), person.password.clone());
        // A holder of the password has a session too, and has requested a new address.
        let token = theirs.email_change_token(&node, &password, &new_email).await;
        let owners = person.sign_in(&node).await;
        let tab = owners.tab(&node).await;
        let mut account = Account::of(&tab).await;
        assert_eq!(account.profile["pending_email"], new_email.as_str());
        owners.second_factor(&node).await;

        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.profile["pending_email"], Value::Null);
        let confirm = json!({ "token": token, "password": password });
        node.http().refused("invalid_token", "profile.confirm_email_change", confirm.clone()).await;
        theirs.http(&node).refused("invalid_token", "profile.confirm_email_change", confirm).await;
        // The password alone proves nothing any more.
        theirs.unproven(&node).await;
        let by_password = json!({ "password": password });
        let new = "nine loud herons above a mill";
        for (method, params) in [
            ("session.prove", by_password),
            ("totp.disable", json!({})),
            ("recovery_codes.renew", json!({})),
            ("passkeys.begin_registration", json!({})),
            ("auth.change_password", json!({ "new_password": new })),
            ("auth.change_password", json!({ "current_password": password, "new_password": new })),
            ("profile.request_email_change", json!({ "new_email": new_email })),
            ("profile.request_email_change", json!({ "current_password": password, "new_email": new_email })),
            ("account.export", json!({})),
            ("account.request_deletion", json!({})),
        ] {
            theirs.http(&node).refused("proof_required", method, params).await;
        }
    }

    async fn a_provider_does_not_bypass_the_factor(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let node = Node::on(database).provider("shop", &provider).start().await;
        let (person, session) = node.signed_in("ann").await;
        let ann = json!({ "sub": "ann", "email": person.email, "email_verified": true });
        let http = session.http(&node);
        let flow = http.ok("providers.begin_link", json!({ "provider": "shop" })).await;
        http.ok("providers.link", provider.agree(&flow, ann.clone()).params(&flow)).await;
        let factor = session.second_factor(&node).await;

        let flow = node.http().ok("auth.begin_provider_login", json!({ "provider": "shop" })).await;
        let params = provider.agree(&flow, ann).params(&flow);
        let refused = node.http().refused("second_factor_required", "auth.login_provider", params.clone()).await;
        assert_eq!(refused.data["factors"], json!(["totp", "recovery_code"]));
        // The flow was used when the challenge was given for it.
        node.http().refused("invalid_token", "auth.login_provider", params).await;
        let code = factor.app.unused_code(&node).await;
        let signed_in = node.http().ok("auth.login_second_factor", answer(&refused.data["challenge"], "totp", &code)).await;
        assert_eq!(signed_in["session"]["methods"], json!(["provider", "totp"]));
    }

    async fn a_registrations_handle_is_void_once_the_factor_is_on(database: Database) {
        let node = Node::start(database).await;
        let person = Person { email: crate::support::another_email("ann"), password: crate::support::PASSWORD.into() };
        let registered = node.http().ok("auth.register", person.registration()).await;
        let token = node.smtp.letter_to(&person.email).await.token();
        node.http().ok("auth.verify_email", crate::support::verification(&token)).await;
        person.sign_in(&node).await.second_factor(&node).await;
        let handle = json!({ "registration": registered["registration"] });
        node.http().refused("invalid_token", "auth.login_registration", handle).await;
    }

    async fn sessions_and_sockets_survive_turning_the_factor_on(database: Database) {
        let (node, _, session) = somebody(database).await;
        let tab = session.browser_tab(&node).await;
        session.second_factor(&node).await;
        tab.ok("profile.get", json!({})).await;
        session.refreshed(&node).await.http(&node).ok("profile.get", json!({})).await;
    }
}
