//! Postal addresses: every rule.

mod racing;

use crate::support::{Account, Call, Database, Http, Node, address, both_databases, somebody};
use serde_json::{Value, json};

/// A person's client, and a tab with the state of its account.
async fn customer(database: Database) -> (Node, Http, crate::support::Ws, Account) {
    let (node, _, session) = somebody(database).await;
    let tab = session.tab(&node).await;
    let account = Account::of(&tab).await;
    let http = session.http(&node);
    (node, http, tab, account)
}

async fn create(http: &Http, label: &str) -> Value {
    http.ok("addresses.create", address(label)).await
}

fn labels(addresses: &Value) -> Vec<&str> {
    addresses.as_array().expect("a list").iter().map(|a| a["label"].as_str().expect("a label")).collect()
}

fn with(mut base: Value, more: Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    base.as_object_mut().expect("an object").extend(more);
    base
}

both_databases! {
    async fn an_address_is_stored_in_its_normal_form(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        let full = with(address(" Büro "), json!({
            "company": " Lärche & Co ", "address_line_2": "  ", "phone": "+49 (151) 2345-67.89", "is_primary": false,
        }));
        let made = http.ok("addresses.create", full).await;
        assert_eq!((&made["label"], &made["company"]), (&json!("Büro"), &json!("Lärche & Co")));
        assert_eq!((&made["address_line_2"], &made["phone"]), (&Value::Null, &json!("+4915123456789")));
        assert_eq!(made["is_primary"], true, "the first is primary whatever is requested");
        assert_eq!(made["revision"], account.revision + 1);
        assert_eq!(http.ok("addresses.get", json!({ "address_id": made["id"] })).await, made);
        assert_eq!(http.ok("addresses.list", json!({})).await, json!([made]));
        account.assert_equals_get(&tab, &http).await;
    }

    async fn the_primary_comes_first_then_the_oldest(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        for label in ["A", "B", "C", "D"] {
            create(&http, label).await;
        }
        assert_eq!(labels(&http.ok("addresses.list", json!({})).await), ["A", "B", "C", "D"]);
        let moved = http.ok("addresses.create", with(address("E"), json!({ "is_primary": true }))).await;
        assert_eq!(moved["is_primary"], true);
        assert_eq!(labels(&http.ok("addresses.list", json!({})).await), ["E", "A", "B", "C", "D"]);
        account.assert_equals_get(&tab, &http).await;
        assert_eq!(labels(&http.ok("account.get", json!({})).await["addresses"]), ["E", "A", "B", "C", "D"]);
    }

    async fn moving_the_primary_is_one_event(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        let (home, work) = (create(&http, "Home").await, create(&http, "Work").await);
        account.assert_equals_get(&tab, &http).await;

        let primary = http.ok("addresses.set_primary", json!({ "address_id": work["id"] })).await;
        assert_eq!(primary["is_primary"], true);
        let event = tab.next_of("addresses.changed").await;
        let mut upserted = labels(&event["data"]["upserted"]);
        upserted.sort_unstable();
        assert_eq!((upserted, &event["data"]["deleted"]), (vec!["Home", "Work"], &json!([])));
        account.apply(&event);
        // Again: nothing changes.
        assert_eq!(http.ok("addresses.set_primary", json!({ "address_id": work["id"] })).await, primary);
        let moved = with(json!({ "address_id": home["id"] }), json!({ "is_primary": true }));
        let back = http.ok("addresses.update", moved).await;
        assert_eq!((&back["is_primary"], &back["revision"]), (&json!(true), &json!(account.revision + 1)));
        account.assert_equals_get(&tab, &http).await;
    }

    async fn the_primary_mark_can_be_moved_but_not_removed(database: Database) {
        let (_node, http, ..) = customer(database).await;
        let (home, work) = (create(&http, "Home").await, create(&http, "Work").await);
        let down = json!({ "address_id": home["id"], "is_primary": false });
        let error = http.refused("invalid_params", "addresses.update", down).await;
        assert_eq!(error.rules().into_keys().collect::<Vec<_>>(), ["is_primary"]);
        let same = json!({ "address_id": work["id"], "is_primary": false });
        assert_eq!(http.ok("addresses.update", same).await, work);
    }

    async fn an_edit_changes_what_it_names_and_nothing_else(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        let home = http.ok("addresses.create", with(address("Home"), json!({ "company": "Lärche & Co" }))).await;
        let edit = json!({ "address_id": home["id"], "city": " Fulda ", "company": null, "address_line_2": "Hinterhaus" });
        let edited = http.ok("addresses.update", edit.clone()).await;
        let expected = with(home.clone(), json!({
            "city": "Fulda", "company": null, "address_line_2": "Hinterhaus",
            "revision": edited["revision"], "updated_at": edited["updated_at"],
        }));
        assert_eq!(edited, expected);
        assert_eq!(edited["revision"], account.revision + 2);
        // The same again, and its own label in another case.
        assert_eq!(http.ok("addresses.update", edit).await, edited);
        let renamed = http.ok("addresses.update", json!({ "address_id": home["id"], "label": "HOME" })).await;
        assert_eq!(renamed["label"], "HOME");
        account.assert_equals_get(&tab, &http).await;
        assert_eq!(account.revision, renamed["revision"].as_i64().unwrap());
    }

    async fn an_edit_of_a_stale_revision_is_refused(database: Database) {
        let (_node, http, ..) = customer(database).await;
        let (home, work) = (create(&http, "Home").await, create(&http, "Work").await);
        let edit = |city: &str, seen: &Value| json!({ "address_id": home["id"], "city": city, "expected_revision": seen });
        // Changes of other addresses do not affect this one.
        http.ok("addresses.update", json!({ "address_id": work["id"], "city": "Bonn" })).await;
        let present = http.ok("addresses.update", edit("Fulda", &home["revision"])).await;
        let error = http.refused("stale_revision", "addresses.update", edit("Trier", &home["revision"])).await;
        assert_eq!(error.data["current"], present);
        http.ok("addresses.update", edit("Trier", &present["revision"])).await;
    }

    async fn labels_that_look_alike_are_one(database: Database) {
        let (node, http, ..) = customer(database).await;
        create(&http, "Büro").await;
        let home = create(&http, "Home").await;
        create(&http, "Straße").await;
        for taken in [
            "Büro", " BÜRO ", "Bu\u{308}ro", "Bu\u{308}r\u{200b}o", "Büro\u{2800}", "\u{ad}Ｂüro", "STRASSE", "strasse", "STRAẞE",
            "Home\u{200b}", "\u{feff}HOME",
        ] {
            let error = http.refused("conflict", "addresses.create", address(taken)).await;
            assert_eq!(error.data["field"], "label", "{taken:?}");
        }
        for free in ["Büro 2", "Strase", "Ho me"] {
            let made = create(&http, free).await;
            http.ok("addresses.delete", json!({ "address_id": made["id"] })).await;
        }
        let rename = json!({ "address_id": home["id"], "label": "büro" });
        let error = http.refused("conflict", "addresses.update", rename).await;
        assert_eq!(error.data["field"], "label");
        // Another user has labels of their own.
        let (_, bob) = node.signed_in("bob").await;
        create(&bob.http(&node), "Home").await;
        // The label of a deleted address is free again.
        http.ok("addresses.delete", json!({ "address_id": home["id"] })).await;
        create(&http, "HOME").await;
    }

    async fn an_address_needs_no_state_no_postal_code_and_no_last_name(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        let least = json!({
            "label": "Office", "first_name": "Suharto", "address_line_1": "Unit 7", "city": "Dubai", "country": "United Arab Emirates",
        });
        let made = http.ok("addresses.create", least.clone()).await;
        let optional = ["last_name", "company", "address_line_2", "state", "postal_code", "phone"];
        for name in optional {
            assert_eq!(made[name], Value::Null, "{name}");
        }
        let full = http.ok("addresses.create", address("Home")).await;
        for nothing in [Value::Null, json!(""), json!("\u{200b}\u{3164}")] {
            let cleared = optional.map(|name| (name.to_owned(), nothing.clone())).into_iter().collect::<serde_json::Map<_, _>>();
            let created = http.ok("addresses.create", with(with(least.clone(), Value::Object(cleared.clone())), json!({ "label": "Third" }))).await;
            let edited = http.ok("addresses.update", with(json!({ "address_id": full["id"] }), Value::Object(cleared))).await;
            for name in optional {
                assert_eq!((&created[name], &edited[name]), (&Value::Null, &Value::Null), "{name}");
            }
            http.ok("addresses.delete", json!({ "address_id": created["id"] })).await;
            let again = json!({ "address_id": full["id"], "last_name": "Lee", "state": "Hessen", "postal_code": "34117" });
            http.ok("addresses.update", again).await;
        }
        for name in ["label", "first_name", "address_line_1", "city", "country"] {
            let faulty = json!({ "address_id": made["id"], name: "\u{2800}" });
            http.invalid(&[(name, &["too_short"])], "addresses.update", faulty).await;
            http.invalid(&[(name, &["not_null"])], "addresses.update", json!({ "address_id": made["id"], name: null })).await;
        }
        account.assert_equals_get(&tab, &http).await;
    }

    async fn there_are_at_most_ten(database: Database) {
        let (_node, http, ..) = customer(database).await;
        let mut last = Value::Null;
        for i in 0..10 {
            last = create(&http, &format!("Address {i}")).await;
        }
        let error = http.refused("limit_reached", "addresses.create", address("One more")).await;
        assert_eq!(error.data["limit"], 10);
        http.ok("addresses.delete", json!({ "address_id": last["id"] })).await;
        create(&http, "One more").await;
    }

    async fn the_limit_is_a_setting(database: Database) {
        let node = Node::on(database).set("LIMITS__MAX_ADDRESSES", 2).start().await;
        let http = node.signed_in("ann").await.1.http(&node);
        create(&http, "A").await;
        create(&http, "B").await;
        assert_eq!(http.refused("limit_reached", "addresses.create", address("C")).await.data["limit"], 2);
    }

    async fn the_last_one_stays(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        let only = create(&http, "Home").await;
        http.refused("last_address", "addresses.delete", json!({ "address_id": only["id"] })).await;
        assert_eq!(http.ok("addresses.list", json!({})).await, json!([only]));
        account.assert_equals_get(&tab, &http).await;
    }

    async fn deleting_the_primary_makes_the_oldest_other_one_primary(database: Database) {
        let (_node, http, tab, mut account) = customer(database).await;
        let mut made = Vec::new();
        for label in ["A", "B", "C"] {
            made.push(create(&http, label).await);
        }
        http.ok("addresses.set_primary", json!({ "address_id": made[2]["id"] })).await;
        account.assert_equals_get(&tab, &http).await;
        assert_eq!(http.ok("addresses.delete", json!({ "address_id": made[2]["id"] })).await, json!({}));
        let event = tab.next_of("addresses.changed").await;
        assert_eq!(event["data"]["deleted"], json!([made[2]["id"]]));
        assert_eq!(labels(&event["data"]["upserted"]), ["A"]);
        account.apply(&event);
        account.assert_equals_get(&tab, &http).await;
        http.refused("not_found", "addresses.get", json!({ "address_id": made[2]["id"] })).await;
        // Another than the primary: nothing else changes.
        http.ok("addresses.delete", json!({ "address_id": made[1]["id"] })).await;
        let event = tab.next_of("addresses.changed").await;
        assert_eq!(event["data"], json!({ "upserted": [], "deleted": [made[1]["id"]] }));
    }

    async fn somebody_elses_address_is_not_found(database: Database) {
        let (node, http, ..) = customer(database).await;
        create(&http, "Home").await;
        let (_, bob) = node.signed_in("bob").await;
        let theirs = create(&bob.http(&node), "Secret lair").await;
        create(&bob.http(&node), "Second").await;
        for id in [theirs["id"].clone(), json!("01890a5d-ac96-774b-bcce-b302099a8057")] {
            for method in ["addresses.get", "addresses.update", "addresses.delete", "addresses.set_primary"] {
                let error = http.refused("not_found", method, json!({ "address_id": id })).await;
                assert!(!format!("{error:?}").contains("Secret"), "{error:?}");
            }
        }
        assert_eq!(bob.http(&node).ok("addresses.get", json!({ "address_id": theirs["id"] })).await, theirs);
        let id = json!({ "address_id": theirs["id"] });
        node.http().refused("unauthenticated", "addresses.list", json!({})).await;
        node.http().refused("unauthenticated", "addresses.create", address("Home")).await;
        for method in ["addresses.get", "addresses.update", "addresses.delete", "addresses.set_primary"] {
            node.http().refused("unauthenticated", method, id.clone()).await;
        }
    }

    async fn each_faulty_field_is_reported(database: Database) {
        let (_node, http, ..) = customer(database).await;
        let required: [(&str, &[&str]); 5] = ["label", "first_name", "address_line_1", "city", "country"]
            .map(|name| (name, &["required"][..]));
        http.invalid(&required, "addresses.create", json!({})).await;

        let long = |n: usize| "x".repeat(n + 1);
        let too_long = json!({
            "label": long(50), "first_name": long(100), "last_name": long(100), "company": long(100),
            "address_line_1": long(255), "address_line_2": long(255), "city": long(100), "state": long(100),
            "postal_code": long(20), "country": long(100), "phone": "nonsense", "is_primary": "yes", "id": "x",
        });
        let fields = ["label", "first_name", "last_name", "company", "address_line_1", "address_line_2", "city", "state", "postal_code", "country"];
        let mut expected: Vec<(&str, &[&str])> = fields.iter().map(|name| (*name, &["too_long"][..])).collect();
        expected.extend([("phone", &["format"][..]), ("is_primary", &["type"]), ("id", &["unknown"])]);
        http.invalid(&expected, "addresses.create", too_long).await;

        let home = create(&http, "Home").await;
        let edit = json!({ "address_id": home["id"], "city": null, "label": " ", "postal_code": "1\n2", "revision": 5 });
        http.invalid(
            &[("city", &["not_null"]), ("label", &["too_short"]), ("postal_code", &["control_characters"]), ("revision", &["unknown"])],
            "addresses.update",
            edit,
        )
        .await;
        http.invalid(&[("address_id", &["format"])], "addresses.get", json!({ "address_id": "7" })).await;
        assert_eq!(http.ok("addresses.list", json!({})).await, json!([home]));
        let longest = json!({ "address_id": home["id"], "label": "🦀".repeat(50), "address_line_1": "é".repeat(255), "postal_code": "ß".repeat(20) });
        http.ok("addresses.update", longest).await;
    }
}
