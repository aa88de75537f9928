//! Changes of users, by `users.*` and by `marbelle user`.

use crate::support::{
    Call, Database, Http, Node, PASSWORD, Person, another_email, both_databases, somebody, verification,
};
use serde_json::{Value, json};

const KEY: &str = "Support desk";
const SCOPES: &str = "users:read,users:write,users:security,users:delete,audit";

/// [`PASSWORD`] as Django stores it, with few rounds.
const HASH: &str = "pbkdf2_sha256$1000$saltsaltsalt$A8Wr2YP/ASxqHwiY8nl8722ikJrZ6po2XO830NUUAVg=";

/// The newest entry of the audit log: actor, method, user and detail.
async fn audited(service: &Http) -> Value {
    let log = service.ok("audit.list", json!({ "limit": 1 })).await;
    let entry = &log["entries"][0];
    json!([entry["actor"], entry["method"], entry["user_id"], entry["detail"]])
}

both_databases! {
    async fn an_account_is_created_and_its_owner_sets_a_password(database: Database) {
        let node = Node::start(database).await;
        let service = node.service_endpoint().await;
        let service = service.http(&service.key_named(KEY, SCOPES).await);
        let email = another_email("ann");
        // A registration of the address lapses.
        let registering = Person { email: email.clone(), password: PASSWORD.to_owned() };
        node.http().ok("auth.register", registering.registration()).await;
        let token = node.smtp.letter_to(&email).await.token();
        let new = json!({
            "email": email.to_uppercase(), "first_name": "Ann", "last_name": "Lee", "company_name": "Lee Ltd",
            "phone": "+44 20 7946 0018", "locale": "de-DE", "external_id": "crm:1",
        });
        let user = service.ok("users.create", new.clone()).await;
        assert_eq!(audited(&service).await,
            json!([KEY, "users.create", user["id"], { "external_id": "crm:1", "password": "none" }]));
        assert_eq!((&user["email"], &user["locale"], &user["phone"]), (&json!(email), &json!("de"), &json!("+442079460018")));
        assert_eq!((&user["revision"], &user["sessions"], &user["sign_in_methods"]["password"]), (&json!(0), &json!(0), &json!(false)));
        node.http().refused("invalid_token", "auth.verify_email", verification(&token)).await;

        for (field, value) in [("email", another_email("bob")), ("external_id", "crm:2".to_owned())] {
            let mut other = new.clone();
            other[field] = value.into();
            let taken = if field == "email" { "external_id" } else { "email" };
            let refused = service.refused("conflict", "users.create", other).await;
            assert_eq!(refused.data["field"], taken);
        }
        service.ok("users.send_password_reset", json!({ "user_id": user["id"] })).await;
        let token = node.smtp.letter_saying(&email, "/password-reset?token=").await.token();
        node.http().ok("auth.confirm_password_reset", json!({ "token": token, "new_password": PASSWORD })).await;
        let session = registering.sign_in(&node).await;
        let log = session.http(&node).ok("account.security_log", json!({})).await;
        let message: Vec<Value> = log["events"].as_array().expect("events").iter()
            .filter(|event| event["detail"]["actor"] == KEY).map(|event| event["type"].clone()).collect();
        assert_eq!(message, [json!("password_reset_requested"), json!("account_created")]);

        let rules: &[(&str, &[&str])] =
            &[("email", &["format"]), ("first_name", &["required"]), ("phone", &["format"]), ("external_id", &["too_long"])];
        let bad = json!({ "email": "x", "phone": "12", "external_id": "x".repeat(256) });
        service.invalid(rules, "users.create", bad).await;
    }

    async fn an_account_is_created_with_a_hash_that_an_import_accepts(database: Database) {
        let node = Node::start(database).await;
        let service = node.service_endpoint().await.with("users:write").await;
        let person = Person { email: another_email("ann"), password: PASSWORD.to_owned() };
        let new = |email: &str, hash: &str| json!({ "email": email, "first_name": "Ann", "password_hash": hash });
        let user = service.ok("users.create", new(&person.email, HASH)).await;
        assert_eq!(user["sign_in_methods"]["password"], true);
        person.sign_in(&node).await;
        for (hash, rule) in [
            ("md5$salt$0123456789abcdef0123456789abcdef", "format"),
            ("!unusable", "format"),
            (&*HASH.replacen("1000", "99000000", 1), "out_of_range"),
        ] {
            service.invalid(&[("password_hash", &[rule])], "users.create", new("bob@example.test", hash)).await;
        }
        // By the command, from standard input.
        let other = Person { email: another_email("bob"), password: PASSWORD.to_owned() };
        let create = ["user", "create", &other.email, "--first-name", "Bob", "--password-hash-stdin", "--json"];
        let made = node.command_reading(&create, &format!("{HASH}\n")).await;
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        other.sign_in(&node).await;
    }

    async fn a_profile_is_edited_through_the_log(database: Database) {
        let (node, _, session) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, SCOPES).await);
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        let id = &session.sign_in["profile"]["id"];
        let edit = json!({ "user_id": id, "first_name": "Anne", "company_name": "Lee Ltd", "phone": null });
        let user = service.ok("users.update", edit.clone()).await;
        assert_eq!((&user["first_name"], &user["is_business_customer"]), (&json!("Anne"), &json!(true)));
        let event = tab.next_of("profile.changed").await;
        assert_eq!((&event["session_id"], &event["data"]["first_name"]), (&Value::Null, &json!("Anne")));
        let audit = json!([KEY, "users.update", id, { "fields": ["first_name", "company_name"] }]);
        assert_eq!(audited(&service).await, audit);
        let log = session.http(&node).ok("account.security_log", json!({ "limit": 1 })).await;
        assert_eq!((&log["events"][0]["type"], &log["events"][0]["session_id"]), (&json!("profile_changed"), &Value::Null));
        assert_eq!(log["events"][0]["detail"], json!({ "fields": ["first_name", "company_name"], "actor": KEY }));
        // The same again changes nothing, and writes nothing.
        assert_eq!(service.ok("users.update", edit).await["revision"], user["revision"]);
        assert_eq!(audited(&service).await, audit);

        // Data that the owner does not see causes no event.
        let known = service.ok("users.update", json!({ "user_id": id, "external_id": "crm:1" })).await;
        assert_eq!((&known["external_id"], &known["revision"]), (&json!("crm:1"), &user["revision"]));
        assert_eq!(audited(&service).await, json!([KEY, "users.update", id, { "fields": ["external_id"] }]));
        let other = service.ok("users.create", json!({ "email": another_email("bob"), "first_name": "Bob" })).await;
        let refused = service.refused("conflict", "users.update", json!({ "user_id": other["id"], "external_id": "crm:1" })).await;
        assert_eq!(refused.data["field"], "external_id");
        let cleared = service.ok("users.update", json!({ "user_id": id, "external_id": null })).await;
        assert_eq!(cleared["external_id"], Value::Null);
        let stale = json!({ "user_id": id, "first_name": "Ann", "expected_revision": 0 });
        let refused = service.refused("stale_revision", "users.update", stale).await;
        assert_eq!(refused.data["current"]["first_name"], "Anne");
        service.invalid(&[("email", &["not_allowed"])], "users.update", json!({ "user_id": id, "email": "x@example.test" })).await;
        assert_eq!(tab.waiting_events(), Vec::<Value>::new());
    }

    async fn a_disabled_account_cannot_sign_in_until_it_is_enabled(database: Database) {
        let (node, person, session) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, SCOPES).await);
        let id = &session.sign_in["profile"]["id"];
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        let user = service.ok("users.disable", json!({ "user_id": id, "reason": " Asked by telephone " })).await;
        assert!(user["disabled_at"].is_string() && user["sessions"] == 0, "{user}");
        tab.revoked("account_disabled").await;
        assert_eq!(audited(&service).await, json!([KEY, "users.disable", id, { "reason": "Asked by telephone" }]));
        node.http().refused("account_disabled", "auth.login", person.credentials()).await;
        service.refused("account_disabled", "users.send_password_reset", json!({ "user_id": id })).await;
        let again = service.ok("users.disable", json!({ "user_id": id, "reason": "again" })).await;
        assert_eq!(again["disabled_at"], user["disabled_at"]);
        assert_eq!(service.ok("users.enable", json!({ "user_id": id })).await["disabled_at"], Value::Null);
        assert_eq!(audited(&service).await, json!([KEY, "users.enable", id, { "reason": null }]));
        let session = person.sign_in(&node).await;

        let tab = session.tab(&node).await;
        tab.snapshot().await;
        let disabled = node.run_json(&["user", "disable", "--reason", "fraud", id.as_str().expect("an id")]).await;
        assert!(disabled["disabled_at"].is_string(), "{disabled}");
        tab.revoked("account_disabled").await;
        assert_eq!(audited(&service).await, json!(["command line", "users.disable", id, { "reason": "fraud" }]));
        let (_, table, _) = node.run(&["user", "enable", &person.email]).await;
        assert!(table.contains("active") && table.contains(&person.email), "{table}");
        let session = person.sign_in(&node).await;
        let log = session.http(&node).ok("account.security_log", json!({})).await;
        let of = |kind: &str| log["events"].as_array().expect("events").iter()
            .filter(|event| event["type"] == kind).map(|event| event["detail"].clone()).collect::<Vec<_>>();
        assert_eq!(of("account_disabled"), [json!({ "actor": "command line" }), json!({ "actor": KEY })], "without the reason");
        assert_eq!(of("account_enabled").len(), 2);
    }

    async fn sessions_are_ended_one_or_all(database: Database) {
        let (node, person, first) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, SCOPES).await);
        let id = &first.sign_in["profile"]["id"];
        let (second, third) = (person.sign_in(&node).await, person.sign_in(&node).await);
        let tabs = [first.tab(&node).await, second.tab(&node).await, third.tab(&node).await];
        for tab in &tabs {
            tab.snapshot().await;
        }
        let one = json!({ "user_id": id, "session_id": second.id });
        assert_eq!(service.ok("users.end_sessions", one.clone()).await, json!({ "sessions_ended": 1 }));
        tabs[1].revoked("revoked").await;
        second.assert_ended(&node, "revoked").await;
        service.refused("not_found", "users.end_sessions", one).await;
        assert_eq!(audited(&service).await,
            json!([KEY, "users.end_sessions", id, { "sessions_ended": 1, "session_id": second.id }]));
        let log = first.http(&node).ok("account.security_log", json!({ "limit": 1 })).await;
        assert_eq!(log["events"][0]["type"], "sessions_ended");
        assert_eq!(log["events"][0]["detail"], json!({ "sessions_ended": 1, "session_id": second.id, "actor": KEY }));
        let done = node.run_json(&["user", "end-sessions", &person.email, "--session", &first.id]).await;
        assert_eq!(done["sessions_ended"], 1);
        tabs[0].revoked("revoked").await;
        let (status, _, message) = node.run(&["user", "end-sessions", &person.email, "--session", &first.id]).await;
        assert!(status == 1 && message.contains("no such session"), "{message}");
        assert_eq!(service.ok("users.end_sessions", json!({ "user_id": id })).await, json!({ "sessions_ended": 1 }));
        tabs[2].revoked("revoked").await;
        assert_eq!(service.ok("users.end_sessions", json!({ "user_id": id })).await, json!({ "sessions_ended": 0 }));
        let (status, printed, _) = node.run(&["user", "end-sessions", &person.email]).await;
        assert_eq!((status, &*printed), (0, "Sessions ended: 0\n"));
    }

    async fn a_lost_second_factor_is_removed(database: Database) {
        let node = Node::start(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, SCOPES).await);
        for by_command in [false, true] {
            let (person, session) = node.signed_in("ann").await;
            let id = &session.sign_in["profile"]["id"];
            session.second_factor(&node).await;
            let user = if by_command {
                node.run_json(&["user", "reset-second-factor", &person.email]).await
            } else {
                service.ok("users.reset_second_factor", json!({ "user_id": id })).await
            };
            assert_eq!((&user["sign_in_methods"]["totp"], &user["sessions"]), (&json!(false), &json!(0)));
            session.assert_ended(&node, "revoked").await;
            let actor = if by_command { "command line" } else { KEY };
            assert_eq!(audited(&service).await, json!([actor, "users.reset_second_factor", id, {}]));
            person.sign_in(&node).await; // by the password alone
            service.ok("users.reset_second_factor", json!({ "user_id": id })).await; // there is none: nothing happens
            person.sign_in(&node).await;
            let letters = node.run_json(&["mail", "list", "--limit", "200"]).await;
            let message = |letter: &&Value| letter["recipient"] == *person.email && letter["kind"] == "second_factor_reset";
            assert_eq!(letters["mails"].as_array().expect("letters").iter().filter(message).count(), 1);
        }
    }

    async fn letters_with_links_are_sent_for_an_owner(database: Database) {
        let node = Node::on(database).set("LIMITS__MAILS_PER_MAILBOX", 2).start().await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, SCOPES).await);
        let person = node.unverified("ann").await;
        let first = node.smtp.letter_to(&person.email).await.token();
        let email = json!({ "email": person.email });
        service.ok("users.resend_verification", email.clone()).await;
        let second = node.smtp.letter_to(&person.email).await.token();
        assert_eq!(audited(&service).await[1], "users.resend_verification");
        node.http().refused("invalid_token", "auth.verify_email", verification(&first)).await;
        node.http().ok("auth.verify_email", verification(&second)).await;
        service.refused("not_found", "users.resend_verification", email).await;
        service.refused("not_found", "users.resend_verification", json!({ "email": "nobody@example.test" })).await;

        let session = person.sign_in(&node).await;
        let user = json!({ "user_id": session.sign_in["profile"]["id"] });
        // Strangers use up the allowance that is open to anybody: the operators' allowance is their own.
        for _ in 0..5 {
            node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
        }
        for _ in 0..2 {
            service.ok("users.send_password_reset", user.clone()).await;
        }
        service.refused("rate_limited", "users.send_password_reset", user).await;
        service.refused("not_found", "users.send_password_reset", json!({ "user_id": session.id })).await;
    }

    async fn a_deleted_user_is_gone_at_once(database: Database) {
        let (node, person, session) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, SCOPES).await);
        let user = json!({ "user_id": session.sign_in["profile"]["id"] });
        service.ok("users.update", json!({ "user_id": user["user_id"], "external_id": "crm:1" })).await;
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        assert_eq!(service.ok("users.delete", user.clone()).await, json!({}));
        tab.revoked("account_deleted").await;
        session.assert_ended(&node, "account_deleted").await;
        assert_eq!(audited(&service).await, json!([KEY, "users.delete", user["user_id"], {}]));
        let rows = node.rows().await;
        assert!(!rows.contains(&person.email) && !rows.contains("crm:1"));
        for (method, params) in [
            ("users.delete", user.clone()),
            ("users.get", user.clone()),
            ("users.update", user.clone()),
            ("users.disable", user.clone()),
            ("users.enable", user.clone()),
            ("users.end_sessions", user.clone()),
            ("users.reset_second_factor", user.clone()),
            ("users.send_password_reset", user),
        ] {
            service.refused("not_found", method, params).await;
        }
    }

    async fn deletion_asks_only_about_an_existing_account(database: Database) {
        let (node, person, session) = somebody(database).await;
        for (answer, done) in [("", false), ("n\n", false), ("yess\n", false), ("Y\n", true)] {
            let output = node.command_reading(&["user", "delete", &person.email], answer).await;
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(message.contains("[y/N]") && message.contains(&person.email), "{message}");
            assert_eq!(output.status.code(), Some(i32::from(!done)), "{answer:?}: {message}");
            assert_eq!(message.contains("nothing was changed"), !done);
            let called = session.http(&node).call("profile.get", json!({})).await;
            assert_eq!(called.is_err(), done);
        }
        let output = node.command_reading(&["user", "delete", &person.email], "y\n").await;
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && !message.contains("[y/N]") && message.contains(&person.email), "{message}");
    }

    async fn a_command_that_creates_an_account_reports_every_fault(database: Database) {
        let node = Node::start(database).await;
        let (status, _, message) = node.run(&["user", "create", "nobody", "--first-name", "", "--phone", "12"]).await;
        assert_eq!(status, 1);
        for part in ["email", "--first-name", "--phone"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let email = another_email("ann");
        let create = ["user", "create", &email, "--first-name", "Ann", "--last-name", "Lee", "--company-name", "Lee Ltd",
            "--phone", "+44 20 7946 0018", "--locale", "sq", "--external-id", "crm:1"];
        let user = node.run_json(&create).await;
        assert_eq!((&user["company_name"], &user["locale"], &user["external_id"]), (&json!("Lee Ltd"), &json!("sq"), &json!("crm:1")));
        let service = node.service_endpoint().await.with(SCOPES).await;
        assert_eq!(service.ok("users.get", json!({ "external_id": "crm:1" })).await, user);
        let (status, _, message) = node.run(&create).await;
        assert!(status == 1 && message.contains("email belongs to another account"), "{message}");
    }
}
