//! Passkeys (docs/protocol.md, "Passkeys"): registering and using them.

mod assertions;

use crate::support::{Account, Browser, Call, Database, Node, Person, Session, both_databases, marbelle, somebody};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// A person with a passkey.
async fn with_passkey(database: Database) -> (Node, Person, Session, Browser, Value) {
    let (node, person, session) = somebody(database).await;
    let mut browser = Browser::default();
    let passkey = session.add_passkey(&node, &mut browser, "Ann's phone").await;
    (node, person, session, browser, passkey)
}

async fn login(node: &Node, params: &Value) -> Session {
    Session::from_wire(node.http().ok("auth.login_passkey", params.clone()).await)
}

async fn refused(node: &Node, kind: &str, params: &Value) {
    node.http().refused(kind, "auth.login_passkey", params.clone()).await;
}

/// A part of an assertion with one bit flipped.
fn flipped(params: &Value, part: &str, bit: usize) -> Value {
    let mut params = params.clone();
    let text = &mut params["credential"]["response"][part];
    let mut bytes = BASE64URL.decode(text.as_str().expect("text")).expect("Base64url");
    bytes[bit / 8] ^= 1 << (bit % 8);
    *text = BASE64URL.encode(bytes).into();
    params
}

/// The types of the newest entries of the security log.
async fn security_log(node: &Node, session: &Session) -> Vec<Value> {
    let log = session.http(node).ok("account.security_log", json!({})).await;
    log["events"].as_array().expect("events").clone()
}

both_databases! {
    async fn a_passkey_is_registered_and_signs_in_and_every_tab_sees_it(database: Database) {
        let (node, person, session) = somebody(database).await;
        let tab = session.tab(&node).await;
        let mut account = Account::of(&tab).await;
        let started = session.http(&node).ok("passkeys.begin_registration", json!({})).await;
        assert_eq!(started["options"]["rp"], json!({ "id": "localhost", "name": "Marbelle" }));
        assert_eq!(started["options"]["user"]["name"], person.email.as_str());
        assert_eq!(started["options"]["user"]["displayName"], "Ann Lee");
        let mut browser = Browser { backed_up: Some(false), ..Browser::default() };
        let credential = browser.create(&started["options"]);
        let params = json!({ "ceremony": started["ceremony"], "credential": credential, "name": "Ann's phone" });
        let passkey = session.http(&node).ok("passkeys.register", params).await;
        assert_eq!((&passkey["name"], &passkey["backed_up"]), (&json!("Ann's phone"), &json!(false)));
        assert_eq!(passkey["last_used_at"], Value::Null);
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["passkeys"][0]["name"], "Ann's phone");
        let letter = node.smtp.letter_saying(&person.email, "added a passkey").await;
        assert!(letter.text.contains("Passkey: Ann's phone"), "{}", letter.text);

        let mut params = node.passkey_login(&mut browser).await;
        params["device_name"] = "Phone".into();
        let other = login(&node, &params).await;
        assert_eq!(other.sign_in["session"]["methods"], json!(["passkey"]));
        assert_eq!(other.sign_in["session"]["device_name"], "Phone");
        assert_eq!(other.sign_in["profile"]["email"], person.email.as_str());
        let methods = other.http(&node).ok("sign_in_methods.get", json!({})).await;
        assert!(methods["passkeys"][0]["last_used_at"].is_string());
        other.http(&node).ok("passkeys.begin_registration", json!({})).await;

        // By now it is backed up.
        browser.backed_up = Some(true);
        login(&node, &node.passkey_login(&mut browser).await).await;
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["passkeys"][0]["backed_up"], true);
        let log = security_log(&node, &session).await;
        assert_eq!(log.iter().filter(|event| event["type"] == "sign_in").count(), 3);
        let added = log.iter().find(|event| event["type"] == "passkey_added").expect("noted");
        assert_eq!((&added["session_id"], &added["detail"]), (&json!(session.id), &json!({ "passkey": "Ann's phone" })));
    }

    async fn it_signs_in_by_cookie_and_on_ed25519(database: Database) {
        let (node, _, session) = somebody(database).await;
        let mut browser = Browser { on_ed25519: true, counts_by: 0, ..Browser::default() };
        session.add_passkey(&node, &mut browser, "Key").await;
        let mut params = node.passkey_login(&mut browser).await;
        params["credentials"] = "cookie".into();
        let page = node.http().with("origin", "http://localhost:5173");
        let exchange = page.exchange("auth.login_passkey", params).await;
        let sign_in = exchange.reply.clone().expect("a reply").expect("a session");
        assert_eq!(sign_in.get("access_token"), None);
        assert!(exchange.header("set-cookie").starts_with("marbelle_"));
        // Without a counter it signs in again and again.
        for _ in 0..2 {
            login(&node, &node.passkey_login(&mut browser).await).await;
        }
    }

    async fn it_proves_a_session(database: Database) {
        let (node, _, session, mut browser, _) = with_passkey(database).await;
        let http = session.http(&node);
        session.unproven(&node).await;
        let error = http.refused("proof_required", "passkeys.begin_registration", json!({})).await;
        assert_eq!(error.data["methods"], json!(["password", "passkey"]));
        let started = http.ok("session.begin_passkey_proof", json!({})).await;
        let credential = browser.get(&started["options"]);
        let mut answer = json!({ "ceremony": started["ceremony"], "credential": credential });
        let bad = flipped(&answer, "signature", 300);
        http.refused("invalid_credentials", "session.prove", json!({ "passkey": bad })).await;
        http.refused("proof_required", "passkeys.begin_registration", json!({})).await;
        let proven = http.ok("session.prove", json!({ "passkey": answer })).await;
        assert_eq!(http.ok("session.current", json!({})).await["session"]["proven_at"], proven["proven_at"]);
        http.ok("passkeys.begin_registration", json!({})).await;
        answer["more"] = 1.into();
        http.invalid(&[("passkey", &["unknown"])], "session.prove", json!({ "passkey": answer })).await;
        http.invalid(&[("passkey", &["required", "required"])], "session.prove", json!({ "passkey": {} })).await;
        http.invalid(&[("passkey", &["type"])], "session.prove", json!({ "passkey": "x" })).await;
    }

    async fn it_serves_as_a_second_factor_and_needs_none(database: Database) {
        let (node, person, session, mut browser, _) = with_passkey(database).await;
        session.second_factor(&node).await;
        let signed_in = login(&node, &node.passkey_login(&mut browser).await).await;
        assert_eq!(signed_in.sign_in["session"]["methods"], json!(["passkey"]));
        let http = node.http();
        let challenged = || http.refused("second_factor_required", "auth.login", person.credentials());
        let error = challenged().await;
        assert_eq!(error.data["factors"], json!(["totp", "recovery_code", "passkey"]));
        let ceremony = &error.data["passkey"];
        let answer = json!({ "ceremony": ceremony["ceremony"], "credential": browser.get(&ceremony["options"]) });
        let complete = |challenge: &Value, answer: &Value| json!({ "challenge": challenge, "passkey": answer });
        // The ceremony belongs to its challenge.
        let another = challenged().await.data["challenge"].clone();
        node.http().refused("invalid_token", "auth.login_second_factor", complete(&another, &answer)).await;
        let by_login = node.passkey_login(&mut browser).await;
        node.http().refused("invalid_token", "auth.login_second_factor", complete(&error.data["challenge"], &by_login)).await;
        let bad = flipped(&json!({ "credential": answer["credential"] }), "signature", 300);
        let bad = json!({ "ceremony": answer["ceremony"], "credential": bad["credential"] });
        node.http().refused("invalid_credentials", "auth.login_second_factor", complete(&error.data["challenge"], &bad)).await;
        // What was signed before has a lower counter than what came since.
        let error = challenged().await;
        let ceremony = &error.data["passkey"];
        let answer = json!({ "ceremony": ceremony["ceremony"], "credential": browser.get(&ceremony["options"]) });
        let params = complete(&error.data["challenge"], &answer);
        let replies = join_all((0..20).map(|_| http.call("auth.login_second_factor", params.clone()))).await;
        let won: Vec<_> = replies.iter().filter_map(|reply| reply.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{replies:?}");
        assert_eq!(won[0]["session"]["methods"], json!(["password", "passkey"]));
        replies.iter().filter_map(|reply| reply.as_ref().err()).for_each(|error| assert_eq!(error.kind, "invalid_token"));
    }

    async fn they_are_renamed_and_deleted_but_not_the_last_sign_in_method(database: Database) {
        let (node, person, session, mut browser, passkey) = with_passkey(database).await;
        let (tab, http) = (session.tab(&node).await, session.http(&node));
        let mut account = Account::of(&tab).await;
        let rename = |name: &str| json!({ "passkey_id": passkey["id"], "name": name });
        let renamed = http.ok("passkeys.rename", rename(" Ann's  key ")).await;
        assert_eq!((&renamed["name"], &renamed["created_at"]), (&json!("Ann's  key"), &passkey["created_at"]));
        account.assert_equals_get(&tab, &tab).await;
        let revision = http.ok("sign_in_methods.get", json!({})).await["revision"].clone();
        http.ok("passkeys.rename", rename("Ann's  key")).await;
        assert_eq!(http.ok("sign_in_methods.get", json!({})).await["revision"], revision, "nothing has changed");
        http.invalid(&[("name", &["too_long"])], "passkeys.rename", rename(&"x".repeat(101))).await;
        let (_, stranger) = node.signed_in("bob").await;
        stranger.http(&node).refused("not_found", "passkeys.rename", rename("Mine")).await;
        let delete = json!({ "passkey_id": passkey["id"] });
        stranger.http(&node).refused("not_found", "passkeys.delete", delete.clone()).await;

        node.execute(&format!("UPDATE users SET password_hash = NULL WHERE email = '{}'", person.email)).await;
        http.refused("last_sign_in_method", "passkeys.delete", delete.clone()).await;
        let mut second = Browser::default();
        session.add_passkey(&node, &mut second, "Second").await;
        session.unproven(&node).await;
        http.refused("proof_required", "passkeys.delete", delete.clone()).await;
        let started = http.ok("session.begin_passkey_proof", json!({})).await;
        let answer = json!({ "ceremony": started["ceremony"], "credential": second.get(&started["options"]) });
        http.ok("session.prove", json!({ "passkey": answer })).await;
        assert_eq!(http.ok("passkeys.delete", delete.clone()).await, json!({}));
        http.refused("not_found", "passkeys.delete", delete).await;
        account.assert_equals_get(&tab, &tab).await;
        assert_eq!(account.sign_in_methods["passkeys"].as_array().expect("a list").len(), 1);
        let letter = node.smtp.letter_saying(&person.email, "deleted a passkey").await;
        assert!(letter.text.contains("Passkey: Ann's key"), "{}", letter.text);
        refused(&node, "invalid_credentials", &node.passkey_login(&mut browser).await).await;
        login(&node, &node.passkey_login(&mut second).await).await;
        let log = security_log(&node, &session).await;
        assert!(log.iter().any(|event| event["type"] == "passkey_deleted"), "{log:?}");
    }

    async fn an_account_has_at_most_twenty_and_each_belongs_to_one_account(database: Database) {
        let (node, _, session, mut browser, _) = with_passkey(database).await;
        let http = session.http(&node);
        let (_, bob) = node.signed_in("bob").await;
        let started = bob.http(&node).ok("passkeys.begin_registration", json!({})).await;
        // The same key again: no honest authenticator does so.
        let mut copy = Browser::default();
        let mut credential = copy.create(&started["options"]);
        let object = BASE64URL.decode(credential["response"]["attestationObject"].as_str().expect("text")).expect("Base64url");
        let (taken, fresh) = (&browser.passkeys[0].id, &copy.passkeys[0].id);
        let at = object.windows(32).position(|window| window == fresh.as_slice()).expect("the id is in it");
        let object = [&object[..at], taken, &object[at + 32..]].concat();
        credential["response"]["attestationObject"] = BASE64URL.encode(object).into();
        credential["id"] = BASE64URL.encode(taken).into();
        credential["rawId"] = credential["id"].clone();
        let params = json!({ "ceremony": started["ceremony"], "credential": credential });
        let error = bob.http(&node).refused("conflict", "passkeys.register", params).await;
        assert_eq!(error.data["field"], "credential");

        let early = http.ok("passkeys.begin_registration", json!({})).await;
        for number in 2..=20 {
            session.add_passkey(&node, &mut Browser::default(), &format!("Key {number}")).await;
        }
        let error = http.refused("limit_reached", "passkeys.begin_registration", json!({})).await;
        assert_eq!(error.data["limit"], 20);
        let late = json!({ "ceremony": early["ceremony"], "credential": Browser::default().create(&json!({
            "rp": early["options"]["rp"], "user": early["options"]["user"], "challenge": early["options"]["challenge"],
            "attestation": "none", "pubKeyCredParams": early["options"]["pubKeyCredParams"], "excludeCredentials": [],
            "authenticatorSelection": early["options"]["authenticatorSelection"],
        })) });
        http.refused("limit_reached", "passkeys.register", late).await;
        login(&node, &node.passkey_login(&mut browser).await).await;
    }

    async fn a_passkey_without_a_name_gets_one(database: Database) {
        let (node, _, session) = somebody(database).await;
        let apple = [0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd];
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (model, name) in [(apple, "Apple Passwords"), ([0; 16], "Firefox (Linux)")] {
            let http = session.http(&node).with("user-agent", firefox);
            let started = http.ok("passkeys.begin_registration", json!({})).await;
            let mut browser = Browser { model, ..Browser::default() };
            let params = json!({ "ceremony": started["ceremony"], "credential": browser.create(&started["options"]) });
            assert_eq!(http.ok("passkeys.register", params).await["name"], name);
        }
    }

    async fn a_reset_keeps_and_lists_them_and_a_disabled_account_is_reported(database: Database) {
        let (node, person, _, mut browser, _) = with_passkey(database).await;
        node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
        let token = node.smtp.letter_saying(&person.email, "/password-reset?token=").await.token();
        let reset = json!({ "token": token, "new_password": "nine loud herons above a mill" });
        node.http().ok("auth.confirm_password_reset", reset).await;
        let letter = node.smtp.letter_saying(&person.email, "was reset").await;
        assert!(letter.text.contains("These can still sign in as well:"), "{}", letter.text);
        assert!(letter.text.contains("Passkey: Ann's phone"), "{}", letter.text);
        login(&node, &node.passkey_login(&mut browser).await).await;
        node.execute(&format!("UPDATE users SET disabled_at = created_at WHERE email = '{}'", person.email)).await;
        let good = node.passkey_login(&mut browser).await;
        refused(&node, "invalid_credentials", &flipped(&good, "signature", 300)).await;
        refused(&node, "account_disabled", &good).await;
    }

    async fn they_require_a_domain_name(database: Database) {
        let node = Node::on(database).set("FRONTEND_URL", "http://127.0.0.1:5173").start().await;
        let (_, session) = node.signed_in("ann").await;
        node.http().refused("forbidden", "auth.begin_passkey_login", json!({})).await;
        for method in ["passkeys.begin_registration", "session.begin_passkey_proof"] {
            session.http(&node).refused("forbidden", method, json!({})).await;
        }
    }
}

#[tokio::test]
async fn the_domain_that_they_are_bound_to_is_checked() {
    let check = async |frontend: &str, id: &str| {
        let settings = [("MARBELLE_FRONTEND_URL", frontend), ("MARBELLE_PASSKEYS__RP_ID", id)];
        let output = marbelle(&["check-config"], &settings).await;
        let text =
            String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).expect("text");
        (output.status.success(), text)
    };
    for (frontend, id, good) in [
        ("https://accounts.shop.example", "accounts.shop.example", true),
        ("https://accounts.shop.example", "shop.example", true),
        ("https://accounts.shop.example", "SHOP.example", true),
        ("http://localhost:5173", "localhost", true),
        ("https://accounts.shop.example", "example", false),
        ("https://accounts.shop.example", "op.example", false),
        ("https://accounts.shop.example", "www.shop.example", false),
        ("https://accounts.shop.example", "https://shop.example", false),
        ("https://accounts.shop.example", "192.0.2.1", false),
        ("http://192.0.2.1", "shop.example", false),
    ] {
        let (taken, text) = check(frontend, id).await;
        assert_eq!(taken, good, "{frontend} {id}: {text}");
        assert!(text.contains("MARBELLE_PASSKEYS__RP_ID"), "{text}");
    }
    let (_, text) = check("https://accounts.shop.example/account", "").await;
    assert!(text.contains("MARBELLE_PASSKEYS__RP_ID = accounts.shop.example"), "{text}");
}
