//! Every user of the old application is imported as documented in `docs/import.md`, with the same password.

use super::source::{Person, Source, import, people, reported};
use crate::support::{Call, Database, Node, Session, both_databases};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The expected report on users, by id; of an ordinary one at most that the telephone number is invalid.
const TOLD: &[(i64, &[&str])] = &[
    (166, &["cleared password"]),
    (168, &[]),
    (169, &["cleared password"]),
    (172, &["kept_out email"]),
    (173, &[]),
    (175, &["noted username"]),
    (176, &["replaced first_name"]),
    (177, &["shortened first_name", "shortened last_name"]),
    (178, &["cleared phone"]),
    (179, &["cleared phone"]),
    (180, &[]),
    (181, &["kept_out email"]),
    (182, &["kept_out email"]),
    (183, &[]),
    (184, &[]),
    (185, &[]),
    (186, &[]),
    (187, &[]),
    (188, &["noted is_staff"]),
    (191, &["noted addresses"]),
    (194, &[]),
];

const NEW: &str = "nine loud herons above a mill";

fn credentials(person: &Person) -> Value {
    json!({ "email": person.email, "password": person.password })
}

fn of(people: &[Person], id: i64) -> &Person {
    people.iter().find(|person| person.id == id).expect("a person")
}

async fn sign_in(node: &Node, person: &Person) -> Session {
    Session::from_wire(node.http().ok("auth.login", credentials(person)).await)
}

async fn addresses(node: &Node, person: &Person) -> Vec<Value> {
    let session = sign_in(node, person).await;
    session.http(node).ok("addresses.list", json!({})).await.as_array().expect("a list").clone()
}

fn field<'a>(addresses: &'a [Value], name: &str) -> Vec<&'a Value> {
    addresses.iter().map(|address| &address[name]).collect()
}

async fn assert_profiles(node: &Node, people: &[Person]) {
    let profile = async |id| sign_in(node, of(people, id)).await.sign_in["profile"].clone();
    assert_eq!(profile(1).await["created_at"], "2025-01-01T02:38:14.000Z");
    assert_eq!(profile(2).await["company_name"], "Guri & Bir Sh.p.k.");
    assert_eq!(profile(173).await["last_name"], "Newer");
    assert_eq!(profile(174).await["email"], "capitals@example.org");
    assert_eq!(profile(175).await["email"], "new-address@example.org");
    let nameless = profile(176).await;
    assert_eq!((&nameless["first_name"], &nameless["last_name"]), (&json!("no-names"), &Value::Null));
    let long = profile(177).await;
    assert_eq!((&long["first_name"], &long["last_name"]), (&json!("N".repeat(100)), &json!("M".repeat(100))));
    assert_eq!(profile(178).await["phone"], Value::Null);
    assert_eq!(profile(179).await["phone"], Value::Null);
    assert_eq!(profile(180).await["phone"], "+355692345678");
    let blank = profile(183).await;
    assert_eq!((&blank["first_name"], &blank["last_name"]), (&json!("Space"), &json!("Around")));
    assert_eq!((&blank["company_name"], &blank["is_business_customer"]), (&Value::Null, &json!(false)));
    assert_eq!(profile(184).await["first_name"], "Zoë");
    assert_eq!(profile(194).await["pending_email"], Value::Null);
}

async fn assert_addresses(node: &Node, people: &[Person], report: &[Value]) {
    let list = addresses(node, of(people, 189)).await;
    assert_eq!(field(&list, "label"), ["Home", "Work", "Sea"]);
    assert_eq!(field(&list, "is_primary"), [true, false, false]);
    assert_eq!(reported(report, "addresses", 304), ["replaced is_primary"]);
    let list = addresses(node, of(people, 190)).await;
    assert_eq!((field(&list, "label"), &list[0]["is_primary"]), (vec![&json!("Home"), &json!("Work")], &json!(true)));
    assert_eq!(reported(report, "addresses", 306), ["replaced is_primary"]);
    let list = addresses(node, of(people, 192)).await;
    assert_eq!(field(&list, "label"), ["Home", "home 2", "HOME 3"]);
    assert_eq!(reported(report, "addresses", 322), ["renamed label"]);
    let list = addresses(node, of(people, 193)).await;
    assert_eq!(
        (&list[0]["address_line_1"], &list[0]["state"], &list[0]["phone"]),
        (&json!("1 Sea Road"), &Value::Null, &Value::Null)
    );
    assert_eq!(reported(report, "addresses", 324), ["replaced address_line_1", "cleared phone"]);
    assert_eq!(reported(report, "email_change_tokens", 1), ["cleared new_email"]);
    // More than ten: all are imported, and none can be added until there are fewer.
    let session = sign_in(node, of(people, 191)).await;
    let http = session.http(node);
    let list = http.ok("addresses.list", json!({})).await;
    assert_eq!(list.as_array().unwrap().len(), 13);
    for address in list.as_array().unwrap().iter().skip(1).take(4) {
        http.refused("limit_reached", "addresses.create", crate::support::address("Eleventh")).await;
        http.ok("addresses.delete", json!({ "address_id": address["id"] })).await;
    }
    http.ok("addresses.create", crate::support::address("Tenth")).await;
    http.refused("limit_reached", "addresses.create", crate::support::address("Eleventh")).await;
}

/// No password yet: sign-ins fail, and a reset sets the first one.
async fn assert_first_password(node: &Node, email: &str) {
    for password in ["a password by md5", "", "!"] {
        let guess = json!({ "email": email, "password": password });
        node.http().refused("invalid_credentials", "auth.login", guess).await;
    }
    let token = node.reset_token(email).await;
    node.http().ok("auth.confirm_password_reset", json!({ "token": token, "new_password": NEW })).await;
    Session::from_wire(node.http().ok("auth.login", json!({ "email": email, "password": NEW })).await);
}

both_databases! {
    async fn everybody_is_imported_by_the_rules(database: Database) {
        let source = Source::like(&database).await;
        let node = Node::start(database).await;
        let people = people();
        let (dry_status, dry_report, _) = import(&node, &source, &["--dry-run"]).await;
        assert_eq!(hashes(&node).await, BTreeMap::new(), "nothing was written");
        let (status, report, printed) = import(&node, &source, &[]).await;
        assert_eq!((status, dry_status), (Some(1), Some(1)), "some were kept out: {printed}");
        assert_eq!(report, dry_report, "a dry run reports the same");
        for (id, expected) in TOLD {
            assert_eq!(reported(&report, "users", *id), *expected, "{}", of(&people, *id).note);
        }
        for person in people.iter().filter(|person| person.note == "ordinary") {
            let reported = reported(&report, "users", person.id);
            assert!(reported.is_empty() || reported == ["cleared phone"], "{reported:?}");
        }
        assert!(printed.contains("189  accounts made") && printed.contains("2  registrations made"), "{printed}");
        assert_eq!(hashes(&node).await.len(), 189);

        let cannot = [166, 168, 169, 172, 181, 182, 185, 186, 187];
        for person in people.iter().filter(|person| !cannot.contains(&person.id)) {
            sign_in(&node, person).await;
            sign_in(&node, person).await;
        }
        let stored = hashes(&node).await;
        for person in people.iter().filter(|person| !cannot.contains(&person.id)) {
            let hash = stored[&person.email.to_lowercase()].as_deref().expect("a hash");
            assert!(hash.starts_with("$argon2id$v=19$"), "{}: {hash}", person.email);
        }
        for (id, kind) in [(172, "invalid_credentials"), (187, "account_disabled")] {
            node.http().refused(kind, "auth.login", credentials(of(&people, id))).await;
        }
        assert_profiles(&node, &people).await;
        assert_addresses(&node, &people, &report).await;
        for email in ["md5@example.org", "unusable@example.org", "broken-hash@example.org"] {
            assert_first_password(&node, email).await;
        }
    }

    async fn unverified_users_verify_here(database: Database) {
        let source = Source::like(&database).await;
        let node = Node::start(database).await;
        import(&node, &source, &[]).await;
        assert_eq!(node.smtp.letters_to("unverified@example.org").len(), 0, "no letter is sent");
        for (email, id) in [("unverified@example.org", 185), ("unverified-old@example.org", 186)] {
            node.http().ok("auth.resend_verification", json!({ "email": email })).await;
            let token = node.smtp.letter_saying(email, "/verify-email?token=").await.token();
            node.http().ok("auth.verify_email", json!({ "token": token, "password": of(&people(), id).password })).await;
        }
        for id in [185, 186] {
            sign_in(&node, of(&people(), id)).await;
            sign_in(&node, of(&people(), id)).await;
        }
        // They are recognised by their old ids: another run imports nothing.
        let (_, _, printed) = import(&node, &source, &[]).await;
        assert!(printed.contains("0  registrations made") && printed.contains("191  accounts here already"), "{printed}");
    }

    async fn the_log_of_an_imported_account_begins_with_its_first_sign_in(database: Database) {
        let source = Source::like(&database).await;
        let node = Node::start(database).await;
        import(&node, &source, &[]).await;
        let session = sign_in(&node, of(&people(), 189)).await;
        let tab = session.tab(&node).await;
        tab.snapshot().await;
        let account = session.http(&node).ok("account.get", json!({})).await;
        assert_eq!(account["revision"], 1);
        assert_eq!(account["addresses"].as_array().unwrap().len(), 3);
        session.http(&node).ok("profile.update", json!({ "first_name": "Anna" })).await;
        let changes = json!({ "since": 0, "epoch": account["epoch"] });
        let changes = session.http(&node).ok("account.changes", changes).await;
        assert_eq!(changes["revision"], 2);
        assert_eq!(changes["events"].as_array().unwrap().len(), 2, "{changes}");
    }
}

/// The stored hashes by e-mail address.
async fn hashes(node: &Node) -> BTreeMap<String, Option<String>> {
    let statement = "SELECT email, password_hash FROM users";
    let rows: Vec<(String, Option<String>)> = match &node.database {
        Database::Sqlite => sqlx::query_as(statement).fetch_all(&mut node.sqlite().await).await.expect("the rows"),
        database @ Database::Postgres(_) => {
            sqlx::query_as(statement).fetch_all(&mut database.connect().await).await.expect("the rows")
        }
    };
    rows.into_iter().collect()
}
