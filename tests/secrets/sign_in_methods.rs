//! Secrets of the second factor, of passkeys, of providers and of the links and handles around them.

use super::{assert_unreadable, everything, holds, holds_code};
use crate::support::{
    Authenticator, Browser, Call, Database, IdentityProvider, Manner, Mischief, Node, another_email, both_databases,
    identity_provider::CLIENT_SECRET,
};
use serde_json::{Value, json};

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

both_databases! {
    async fn no_secret_of_the_second_factor_is_readable_anywhere(database_kind: Database) {
        let node = Node::on(database_kind).set("LOG", "trace").start().await;
        let (person, session) = node.signed_in("ann").await;
        let (http, mine) = (node.http(), session.http(&node));
        let mut refusals = Vec::new();
        let started = mine.ok("totp.begin", json!({})).await;
        let (setup, secret) = (text(&started["setup"]), text(&started["secret"]));
        let app = Authenticator::with(&secret);
        let wrong = json!({ "setup": setup, "code": app.wrong_code() });
        refusals.push(format!("{:?}", mine.refused("invalid_credentials", "totp.enable", wrong).await));
        let enabled = mine.ok("totp.enable", json!({ "setup": setup, "code": app.code() })).await;
        let codes: Vec<String> = enabled["recovery_codes"].as_array().expect("codes").iter().map(text).collect();
        let again = json!({ "setup": setup, "code": app.code() });
        refusals.push(format!("{:?}", mine.refused("conflict", "totp.enable", again).await));

        let challenge = text(&http.refused("second_factor_required", "auth.login", person.credentials()).await.data["challenge"]);
        for params in [
            json!({ "challenge": challenge, "totp": app.wrong_code() }),
            json!({ "challenge": challenge, "recovery_code": "7Q2M-X4KD-90PA-3VTE-WH6C-B1ZR" }),
        ] {
            let refused = http.refused("invalid_credentials", "auth.login_second_factor", params).await;
            refusals.push(format!("{refused:?}"));
        }
        let code = app.unused_code(&node).await;
        http.ok("auth.login_second_factor", json!({ "challenge": challenge, "totp": code })).await;
        let spent = json!({ "challenge": challenge, "recovery_code": codes[1] });
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.login_second_factor", spent).await));
        let challenge_of_another = json!({ "challenge": setup, "recovery_code": codes[1] });
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.login_second_factor", challenge_of_another).await));
        mine.ok("session.prove", json!({ "recovery_code": codes[0] })).await;
        let misspelt = json!({ "recovery_kode": codes[2] });
        refusals.push(format!("{:?}", mine.refused("invalid_params", "session.prove", misspelt).await));
        node.smtp.letter_saying(&person.email, "was used in place").await;

        let content = everything(&node, &refusals).await;
        assert!(holds(&content, person.email.as_bytes()), "the test looks at the right places");
        assert!(!holds(&content, app.secret()), "the bytes of the secret are readable");
        let mut secrets = vec![("the secret", secret.as_str()), ("the setup", &setup), ("the challenge", &challenge)];
        secrets.extend(codes.iter().map(|code| ("a recovery code", code.as_str())));
        let ungrouped: Vec<String> = codes.iter().map(|code| code.replace('-', "")).collect();
        secrets.extend(ungrouped.iter().map(|code| ("a recovery code", code.as_str())));
        assert_unreadable(&content, &node, &secrets);
        assert!(!holds_code(&node.output(), &code), "a code is readable in the log");
    }

    async fn no_secret_of_passkeys_is_readable_anywhere(database_kind: Database) {
        let node = Node::on(database_kind).set("LOG", "trace").start().await;
        let (person, session) = node.signed_in("ann").await;
        let (http, mine, mut browser) = (node.http(), session.http(&node), Browser::default());
        let (mut secrets, mut refusals) = (Vec::new(), Vec::new());
        let mut note = |started: &Value| {
            secrets.push(("a ceremony", text(&started["ceremony"])));
            secrets.push(("a challenge", text(&started["options"]["challenge"])));
        };
        let started = mine.ok("passkeys.begin_registration", json!({})).await;
        note(&started);
        let register = json!({ "ceremony": started["ceremony"], "credential": browser.create(&started["options"]), "name": "key" });
        let mut misspelt = register.clone();
        misspelt["nam"] = "key".into();
        refusals.push(format!("{:?}", mine.refused("invalid_params", "passkeys.register", misspelt).await));
        mine.ok("passkeys.register", register.clone()).await;
        refusals.push(format!("{:?}", mine.refused("invalid_token", "passkeys.register", register).await));

        // Signing in: refused for another page, done, repeated.
        let login = |started: &Value, browser: &mut Browser| json!({ "ceremony": started["ceremony"], "credential": browser.get(&started["options"]) });
        let started = http.ok("auth.begin_passkey_login", json!({})).await;
        note(&started);
        let mut elsewhere = Browser { origin: "https://evil.example".into(), passkeys: std::mem::take(&mut browser.passkeys), ..Browser::default() };
        refusals.push(format!("{:?}", http.refused("invalid_credentials", "auth.login_passkey", login(&started, &mut elsewhere)).await));
        browser.passkeys = elsewhere.passkeys;
        let good = login(&started, &mut browser);
        http.ok("auth.login_passkey", good.clone()).await;
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.login_passkey", good.clone()).await));
        refusals.push(format!("{:?}", mine.refused("invalid_token", "session.prove", json!({ "passkey": good })).await));
        // A proof, and a second factor.
        let started = mine.ok("session.begin_passkey_proof", json!({})).await;
        note(&started);
        mine.ok("session.prove", json!({ "passkey": login(&started, &mut browser) })).await;
        session.second_factor(&node).await;
        let refused = http.refused("second_factor_required", "auth.login", person.credentials()).await;
        note(&refused.data["passkey"]);
        let challenge = text(&refused.data["challenge"]);
        let answer = json!({ "challenge": challenge, "passkey": login(&refused.data["passkey"], &mut browser) });
        http.ok("auth.login_second_factor", answer.clone()).await;
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.login_second_factor", answer).await));
        secrets.push(("the challenge of a sign-in", challenge));

        let content = everything(&node, &refusals).await;
        assert!(holds(&content, person.email.as_bytes()), "the test looks at the right places");
        let secrets: Vec<(&str, &str)> = secrets.iter().map(|(what, secret)| (*what, secret.as_str())).collect();
        assert_unreadable(&content, &node, &secrets);
    }

    async fn no_secret_of_providers_is_readable_anywhere(database_kind: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let node = Node::on(database_kind).provider("shop", &provider).set("LOG", "trace").start().await;
        let http = node.http();
        let (mut secrets, mut refusals) = (vec![("the client's secret", CLIENT_SECRET.to_owned())], Vec::new());
        let claims = |name: &str| json!({ "sub": name, "email": another_email(name), "email_verified": true });
        let ann = claims("ann");
        let mut begin = async || {
            let flow = http.ok("auth.begin_provider_login", json!({ "provider": "shop" })).await;
            let url: url::Url = text(&flow["authorization_url"]).parse().expect("a URL");
            secrets.push(("a flow", text(&flow["flow"])));
            for (name, value) in url.query_pairs() {
                if ["state", "nonce"].contains(&&*name) {
                    secrets.push(("a state or nonce", value.into_owned()));
                }
            }
            flow
        };
        let mut codes = Vec::new();
        let mut come_back = |flow: &Value, claims: &Value| {
            let params = provider.agree(flow, claims.clone()).params(flow);
            codes.push(text(&params["code"]));
            params
        };
        let flow = begin().await;
        let params = come_back(&flow, &ann);
        let mut other_state = params.clone();
        other_state["state"] = "another".into();
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.login_provider", other_state).await));
        let mut misspelt = params.clone();
        misspelt["stat"] = params["state"].clone();
        refusals.push(format!("{:?}", http.refused("invalid_params", "auth.login_provider", misspelt).await));
        http.ok("auth.login_provider", params.clone()).await;
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.login_provider", params).await));
        // Failures there.
        for (mischief, kind) in [
            (Mischief::Down, "unavailable"),
            (Mischief::Nonsense, "unavailable"),
            (Mischief::InvalidClient, "unavailable"),
            (Mischief::OtherNonce, "invalid_token"),
            (Mischief::UnknownKey, "invalid_token"),
            (Mischief::BySecret, "invalid_token"),
        ] {
            provider.set(None);
            let flow = begin().await;
            let params = come_back(&flow, &ann);
            provider.set(mischief);
            refusals.push(format!("{:?}", http.refused(kind, "auth.login_provider", params).await));
        }
        provider.set(None);
        // An unverified address: the handle, and the letter's code.
        let mut unvouched = claims("bea");
        unvouched["email_verified"] = false.into();
        let flow = begin().await;
        let params = come_back(&flow, &unvouched);
        let registered = http.refused("email_not_verified", "auth.login_provider", params).await.data;
        let code = node.smtp.letter_to(unvouched["email"].as_str().expect("text")).await.code();
        let wrong = json!({ "registration": registered["registration"], "code": "00000000" });
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.verify_email", wrong).await));
        http.ok("auth.verify_email", json!({ "registration": registered["registration"], "code": code })).await;
        // The address of another account.
        let person = node.registered("cleo").await;
        let flow = begin().await;
        let taken = json!({ "sub": "cleo", "email": person.email, "email_verified": true });
        let params = come_back(&flow, &taken);
        refusals.push(format!("{:?}", http.refused("link_required", "auth.login_provider", params).await));

        secrets.push(("a handle", text(&registered["registration"])));
        secrets.extend(codes.into_iter().map(|code| ("a provider's code", code)));
        secrets.extend(provider.secrets());
        let content = everything(&node, &refusals).await;
        assert!(holds(&content, person.email.as_bytes()), "the test looks at the right places");
        let kinds: std::collections::BTreeSet<&str> = secrets.iter().map(|(what, _)| *what).collect();
        assert!(kinds.contains("a verifier") && kinds.contains("an ID token"), "{kinds:?}");
        let secrets: Vec<(&str, &str)> = secrets.iter().map(|(what, secret)| (*what, secret.as_str())).collect();
        assert_unreadable(&content, &node, &secrets);
        assert!(!holds_code(&node.output(), &code), "a letter's code is readable in the log");
    }

    async fn no_secret_of_a_deletion_or_a_device_is_readable_anywhere(database_kind: Database) {
        let node = Node::on(database_kind).set("LOG", "trace").start().await;
        let (person, session) = node.signed_in("ann").await;
        let (http, mine) = (node.http(), session.http(&node));
        let device = text(&session.sign_in["device_token"]);
        let mut credentials = person.credentials();
        credentials["device_token"] = device.clone().into();
        http.ok("auth.login", credentials.clone()).await;
        credentials["password"] = "wrong larches beside no brook".into();
        let mut refusals = vec![format!("{:?}", http.refused("invalid_credentials", "auth.login", credentials).await)];
        mine.ok("account.request_deletion", json!({})).await;
        let token = node.smtp.letter_saying(&person.email, "/confirm-deletion?token=").await.token();
        let other = json!({ "token": token, "new_password": "nine loud herons above a mill" });
        refusals.push(format!("{:?}", http.refused("invalid_token", "auth.confirm_password_reset", other).await));
        let exported = mine.ok("account.export", json!({})).await.to_string();
        assert!(exported.contains(&person.email), "the test looks at the right places");
        refusals.push(exported);
        let content = everything(&node, &refusals).await;
        assert!(holds(&content, person.email.as_bytes()), "the test looks at the right places");
        http.ok("account.confirm_deletion", json!({ "token": token })).await;
        refusals.push(format!("{:?}", http.refused("invalid_token", "account.confirm_deletion", json!({ "token": token })).await));
        let content = [content, everything(&node, &refusals).await].concat();
        assert_unreadable(&content, &node, &[("a device token", &device), ("the link of a deletion", &token)]);
    }
}
