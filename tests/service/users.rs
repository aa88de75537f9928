//! `users.find`, `users.get` and the other reads, and `marbelle user find|show`, `marbelle stats`.

use crate::support::{Call, Database, Http, Node, address, another_email, both_databases, eventually, somebody};
use serde_json::{Value, json};

/// A user made by a service; its id.
async fn made(service: &Http, email: &str, first_name: &str, last_name: Option<&str>) -> String {
    let new = json!({ "email": email, "first_name": first_name, "last_name": last_name });
    service.ok("users.create", new).await["id"].as_str().expect("an id").to_owned()
}

fn ids(page: &Value) -> Vec<String> {
    let users = page["users"].as_array().expect("users");
    users.iter().map(|user| user["id"].as_str().expect("an id").to_owned()).collect()
}

both_databases! {
    async fn users_are_found_by_the_beginning_of_address_or_name(database: Database) {
        let node = Node::start(database).await;
        let service = node.service_endpoint().await.with("users:read,users:write").await;
        let zoe = made(&service, "someone@example.test", "Zoë", Some("STRAẞE")).await;
        let cher = made(&service, "c@strange.test", "Cher", None).await;
        let strawberry = made(&service, "strawberry@example.test", "Ann", Some("Lee")).await;
        for (query, expected) in [
            ("STRA", vec![&strawberry, &zoe]),
            ("zoë stra", vec![&zoe]),
            ("Strasse Zo", vec![&zoe]),
            ("Straße", vec![&zoe]),
            ("ann lee", vec![&strawberry]),
            ("LEE  A", vec![&strawberry]),
            ("c@", vec![&cher]),
            ("Cher", vec![&cher]),
            ("Someone@EXAMPLE.test", vec![&zoe]),
            ("erry", vec![]),
            ("strange", vec![]),
            ("%", vec![]),
            ("_", vec![]),
            ("\u{10ffff}", vec![]),
        ] {
            let page = service.ok("users.find", json!({ "query": query })).await;
            assert_eq!(ids(&page).iter().collect::<Vec<_>>(), expected, "{query}");
            assert_eq!(page["next"], Value::Null, "{query}");
            assert_eq!(node.run_json(&["user", "find", query]).await, page, "{query}");
        }
        // A changed name is found only by its new form.
        service.ok("users.update", json!({ "user_id": cher, "first_name": "Björk", "last_name": "Ö" })).await;
        assert_eq!(ids(&service.ok("users.find", json!({ "query": "bjö" })).await), std::slice::from_ref(&cher));
        assert_eq!(ids(&service.ok("users.find", json!({ "query": "ö b" })).await), std::slice::from_ref(&cher));
        assert!(ids(&service.ok("users.find", json!({ "query": "cher" })).await).is_empty());

        service.ok("users.disable", json!({ "user_id": zoe })).await;
        for (params, expected) in [
            (json!({}), vec![&strawberry, &cher, &zoe]),
            (json!({ "query": " \u{200b}" }), vec![&strawberry, &cher, &zoe]),
            (json!({ "state": "disabled" }), vec![&zoe]),
            (json!({ "state": "active" }), vec![&strawberry, &cher]),
            (json!({ "state": "disabled", "query": "str" }), vec![&zoe]),
            (json!({ "state": "active", "query": "str" }), vec![&strawberry]),
        ] {
            assert_eq!(ids(&service.ok("users.find", params.clone()).await).iter().collect::<Vec<_>>(), expected, "{params}");
        }
        let rules: &[(&str, &[&str])] = &[("state", &["format"]), ("limit", &["out_of_range"]), ("after", &["format"])];
        service.invalid(rules, "users.find", json!({ "state": "asleep", "limit": 201, "after": "x" })).await;
        let (status, _, message) = node.run(&["user", "find", "--state", "asleep"]).await;
        assert!(status == 2 && message.contains("disabled"), "{message}");
    }

    async fn pages_are_newest_first_and_miss_nobody(database: Database) {
        let node = Node::start(database).await;
        let service = node.service_endpoint().await.with("users:read,users:write").await;
        let mut all = Vec::new();
        for at in 0..7 {
            let name = if at % 2 == 0 { "Ann" } else { "Bob" };
            all.insert(0, made(&service, &another_email("page"), name, None).await);
        }
        for query in [None, Some("page.")] {
            let mut found = Vec::new();
            let mut after = Value::Null;
            loop {
                let page = service.ok("users.find", json!({ "query": query, "after": after, "limit": 3 })).await;
                found.extend(ids(&page));
                after = page["next"].clone();
                if after.is_null() {
                    break;
                }
                assert_eq!(Some(&json!(found.last())), Some(&after));
            }
            assert_eq!(found, all, "{query:?}");
        }
        let (status, table, message) = node.run(&["user", "find", "ann", "--limit", "2"]).await;
        assert_eq!(status, 0, "{message}");
        assert!(table.starts_with("ID ") && table.lines().count() == 3, "{table}");
        let next = message.lines().find_map(|line| line.split_once("--after ")).expect("more users follow").1;
        let (_, table, message) = node.run(&["user", "find", "ann", "--limit", "2", "--after", next]).await;
        assert!(table.lines().count() == 3 && !message.contains("--after"), "{table}{message}");
    }

    async fn a_user_is_shown_with_fields_that_the_owner_does_not_see(database: Database) {
        let (node, person, session) = somebody(database).await;
        let service = node.service_endpoint().await.with("users:read,users:write").await;
        let profile = session.http(&node).ok("profile.get", json!({})).await;
        let id = &profile["id"];
        service.ok("users.update", json!({ "user_id": id, "external_id": "crm:7" })).await;
        let user = service.ok("users.get", json!({ "user_id": id })).await;
        for (field, value) in profile.as_object().expect("a profile") {
            assert_eq!(user[field], *value, "{field}");
        }
        assert_eq!((&user["external_id"], &user["disabled_at"], &user["sessions"]), (&json!("crm:7"), &Value::Null, &json!(1)));
        assert!(user["last_seen_at"].is_string());
        assert_eq!(user["sign_in_methods"], session.http(&node).ok("sign_in_methods.get", json!({})).await);
        for one in [json!({ "email": person.email.to_uppercase() }), json!({ "external_id": "crm:7" })] {
            assert_eq!(service.ok("users.get", one).await, user);
        }
        for account in [id.as_str().expect("an id"), &person.email, "crm:7"] {
            assert_eq!(node.run_json(&["user", "show", account]).await, user);
        }
        let (_, shown, _) = node.run(&["user", "show", &person.email]).await;
        for part in [&person.email, "crm:7", "active", &session.id] {
            assert!(shown.contains(part), "{part}: {shown}");
        }

        session.http(&node).ok("auth.logout", json!({ "scope": "local" })).await;
        let again = person.sign_in(&node).await;
        let user = service.ok("users.get", json!({ "email": person.email })).await;
        assert_eq!(user["sessions"], 1, "{user}");
        again.second_factor(&node).await;
        let found = service.ok("users.find", json!({ "query": person.email })).await;
        assert_eq!(found["users"][0], service.ok("users.get", json!({ "email": person.email })).await);
        assert_eq!(found["users"][0]["sign_in_methods"], again.http(&node).ok("sign_in_methods.get", json!({})).await);

        for nobody in [json!({ "email": "nobody@example.test" }), json!({ "external_id": "x" }), json!({ "user_id": session.id })] {
            service.refused("not_found", "users.get", nobody).await;
        }
        service.invalid(&[("user_id", &["required"]), ("email", &["required"]), ("external_id", &["required"])], "users.get", json!({})).await;
        let two = json!({ "user_id": id, "email": person.email });
        service.invalid(&[("user_id", &["not_allowed"]), ("email", &["not_allowed"])], "users.get", two).await;
        for nobody in ["nobody@example.test", "crm:8", &session.id, "no@body"] {
            let (status, _, message) = node.run(&["user", "show", nobody]).await;
            assert!(status == 1 && message.contains(nobody), "{message}");
        }
    }

    async fn addresses_sessions_and_security_log_are_as_the_owner_sees_them(database: Database) {
        let (node, _, session) = somebody(database).await;
        let service = node.service_endpoint().await.with("users:read").await;
        let owner = session.http(&node);
        for label in ["Home", "Work"] {
            owner.ok("addresses.create", address(label)).await;
        }
        let user = json!({ "user_id": session.sign_in["profile"]["id"] });
        assert_eq!(service.ok("users.addresses", user.clone()).await, owner.ok("addresses.list", json!({})).await);
        let mut sessions = owner.ok("session.list", json!({})).await;
        sessions[0]["current"] = json!(false);
        assert_eq!(service.ok("users.sessions", user.clone()).await, sessions);
        let mut page = user.clone();
        page["limit"] = json!(1);
        let log = owner.ok("account.security_log", json!({ "limit": 1 })).await;
        assert_eq!(service.ok("users.security_log", page.clone()).await, log);
        page["before"] = log["events"][0]["id"].clone();
        let rest = owner.ok("account.security_log", json!({ "limit": 1, "before": page["before"] })).await;
        assert_eq!(service.ok("users.security_log", page).await, rest);
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        eventually("the open socket", || async {
            let listed = service.ok("users.sessions", user.clone()).await;
            (listed[0]["connected"] == true).then_some(())
        }).await;
        for method in ["users.addresses", "users.sessions", "users.security_log"] {
            service.refused("not_found", method, json!({ "user_id": session.id })).await;
        }
    }

    async fn a_users_data_is_exported_as_the_owner_exports_it(database: Database) {
        let (node, person, session) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named("desk", "users:read,audit").await);
        let owner = session.http(&node);
        owner.ok("addresses.create", address("Home")).await;
        // The sign-in proves the session, so nothing is recorded between the two.
        let mut own = owner.ok("account.export", json!({})).await;
        let user = json!({ "user_id": session.sign_in["profile"]["id"] });
        let exported = service.ok("users.export", user.clone()).await;
        own["sessions"][0]["current"] = json!(false);
        for part in ["profile", "external_id", "addresses", "ended_sessions", "devices", "sign_in_methods", "security_events",
            "letters", "events", "more"] {
            assert_eq!(exported[part], own[part], "{part}");
        }
        assert_eq!(exported["sessions"][0]["id"], own["sessions"][0]["id"]);
        let printed = node.run_json(&["user", "export", &person.email]).await;
        for part in ["profile", "addresses", "security_events", "events", "more"] {
            assert_eq!(printed[part], own[part], "{part}");
        }
        let rest = service.ok("users.export", json!({ "user_id": user["user_id"], "after": exported["cursor"] })).await;
        assert_eq!((&rest["events"], &rest["profile"]), (&json!([]), &own["profile"]));
        let log = service.ok("audit.list", json!({ "limit": 3 })).await;
        let message: Vec<Value> = log["entries"].as_array().expect("entries").iter()
            .map(|entry| json!([entry["actor"], entry["method"]])).collect();
        let (desk, command) = (json!(["desk", "users.export"]), json!(["command line", "users.export"]));
        assert_eq!(message, [desk.clone(), command, desk], "each page: {log}");
        service.refused("not_found", "users.export", json!({ "user_id": session.id })).await;
    }

    async fn accounts_and_registrations_are_counted(database: Database) {
        let node = Node::start(database).await;
        let service = node.service_endpoint().await.with("users:read,users:write").await;
        let counts = |active: i64, disabled: i64, registrations: i64| {
            json!({ "active": active, "disabled": disabled, "registrations": registrations })
        };
        assert_eq!(service.ok("users.count", json!({})).await, counts(0, 0, 0));
        let first = made(&service, &another_email("ann"), "Ann", None).await;
        made(&service, &another_email("ann"), "Ann", None).await;
        service.ok("users.disable", json!({ "user_id": first })).await;
        node.unverified("bob").await;
        assert_eq!(service.ok("users.count", json!({})).await, counts(1, 1, 1));
        let stats = eventually("the letter to be sent", || async {
            let stats = node.run_json(&["stats"]).await;
            (stats["letters_waiting"] == 0).then_some(stats)
        }).await;
        for (name, count) in counts(1, 1, 1).as_object().expect("counts") {
            assert_eq!(stats[name], *count, "{name}");
        }
        assert_eq!(stats["oldest_letter_at"], Value::Null);
        let (_, table, _) = node.run(&["stats"]).await;
        assert!(table.contains("Disabled accounts") && table.lines().count() == 5, "{table}");
    }
}

/// More users than are walked through share a prefix, and the others are looked up by the index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_that_are_not_among_the_newest_are_found_by_the_indexes() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let node = Node::start(database).await;
        let service = node.service_endpoint().await.with("users:read,users:write").await;
        let mut old = Vec::new();
        for at in 0..5 {
            old.insert(0, made(&service, &format!("old{at}@example.test"), "Methuselah", Some("Noah")).await);
        }
        let lines: Vec<String> =
            (0..2500).map(|at| format!(r#"{{"email":"new{at}@example.test","first_name":"Eve"}}"#)).collect();
        let file = node.data().join("accounts.jsonl");
        std::fs::write(&file, lines.join("\n")).expect("a file");
        let imported = node.command(&["import", "jsonl", &file.display().to_string()]).await;
        assert_eq!(imported.status.code(), Some(0));
        let mut found = Vec::new();
        let mut after = Value::Null;
        loop {
            let page = service.ok("users.find", json!({ "query": "noah", "after": after, "limit": 2 })).await;
            found.extend(ids(&page));
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(found, old);
        // A page of users with the shared prefix ends among the newest, and the last one beyond them.
        let first = service.ok("users.find", json!({ "query": "eve", "limit": 200 })).await;
        assert!(ids(&first).len() == 200 && first["next"].is_string());
        let mut seen = 0;
        let mut after = Value::Null;
        loop {
            let page = service.ok("users.find", json!({ "query": "new", "after": after, "limit": 200 })).await;
            seen += ids(&page).len();
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(seen, 2500);
    }
}
