//! A deleted account leaves nothing: no data of its owner in any column of any table, present or future.

use crate::support::{
    Answers, Browser, Call, Database, Http, IdentityProvider, Inside, Manner, Node, PASSWORD, Person, Receiver,
    Session, another_email, both_databases, eventually, verification,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// Texts that identify the owner, none of them part of another.
const MARKS: [&str; 17] = [
    "zephyrine",
    "quillfeather",
    "ottershaw",
    "brindlecroft",
    "4915123456789",
    "larkspurweg",
    "marzipanburg",
    "wisterphone",
    "plimsoll",
    "203.0.113.",
    "because-of-turnips",
    "subject-at-the-provider",
    "moonstone",
    "hazelgrouse",
    "thistledown",
    "pennywhistle",
    "django:4711",
];
/// Receivers of events know the account by it: it stays with `user.deleted` until that is delivered.
const EXTERNAL_ID: &str = "django:4711";
const NEW_ADDRESS: &str = "pennywhistle@example.test";

/// Where data of the owner was found: `table.column: what`.
async fn found(node: &Node, what: &[(String, Vec<Vec<u8>>)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (column, content) in node.cells().await {
        for (name, forms) in what {
            if forms.iter().any(|form| content.windows(form.len()).any(|window| window == form)) {
                found.insert(format!("{column}: {name}"));
            }
        }
    }
    found
}

/// As text.
fn marks() -> Vec<(String, Vec<Vec<u8>>)> {
    MARKS.iter().map(|mark| ((*mark).to_owned(), vec![mark.as_bytes().to_vec()])).collect()
}

/// As text, as digits alone and as bytes.
fn ids(ids: &[&str]) -> Vec<(String, Vec<Vec<u8>>)> {
    let forms = |id: &str| {
        let uuid: uuid::Uuid = id.parse().expect("an id");
        vec![id.as_bytes().to_vec(), uuid.simple().to_string().into_bytes(), uuid.as_bytes().to_vec()]
    };
    ids.iter().map(|id| (format!("the id {id}"), forms(id))).collect()
}

/// The owner's own client.
fn device(node: &Node) -> Http {
    node.http().with("x-forwarded-for", "203.0.113.77").with("user-agent", "plimsoll/1.0")
}

/// An account with data in every table; the owner's session, and ids of the account.
async fn lived_in(node: &Node, provider: &IdentityProvider, operator: &Http) -> (Person, Session, Vec<String>) {
    let http = device(node);
    // The account starts under another address, which is invited, as is the address that it will change to.
    let mut person = Person { email: another_email("hazelgrouse"), password: PASSWORD.into() };
    for email in [&person.email, NEW_ADDRESS] {
        operator.ok("users.invite", json!({ "email": email, "first_name": "Quillfeather" })).await;
    }
    let invitation = node.smtp.letter_saying(&person.email, "/accept-invitation?token=").await.token();
    let mut registration = person.registration();
    registration["invitation"] = invitation.into();
    registration["first_name"] = "Quillfeather".into();
    registration["last_name"] = "Ottershaw".into();
    registration["company_name"] = "Brindlecroft".into();
    http.ok("auth.register", registration.clone()).await;
    let token = node.smtp.letter_to(&person.email).await.token();
    http.ok("auth.register", registration).await;
    http.ok("auth.verify_email", verification(&token)).await;
    let mut credentials = person.credentials();
    credentials["device_name"] = "Wisterphone".into();
    let first = Session::from_wire(http.ok("auth.login", credentials).await);
    let moved = another_email("zephyrine");
    let token = first.email_change_token(node, &person.password, &moved).await;
    http.ok("profile.confirm_email_change", json!({ "token": token, "password": person.password })).await;
    person.email = moved;

    let user = first.sign_in["profile"]["id"].clone();
    operator.ok("users.update", json!({ "user_id": user, "external_id": EXTERNAL_ID })).await;
    operator.ok("users.disable", json!({ "user_id": user, "reason": "because-of-turnips" })).await;
    operator.ok("users.enable", json!({ "user_id": user })).await;
    operator.ok("users.export", json!({ "user_id": user })).await;

    let session = Session::from_wire(http.ok("auth.login", person.credentials()).await);
    let own = http.bearer(&session.access_token);
    own.ok("profile.update", json!({ "phone": "+4915123456789" })).await;
    let mut address = crate::support::address("Thistledown");
    address["address_line_1"] = "Larkspurweg 7".into();
    address["city"] = "Marzipanburg".into();
    let address = own.ok("addresses.create", address).await;
    let started = own.ok("passkeys.begin_registration", json!({})).await;
    let credential = Browser::default().create(&started["options"]);
    let passkey = json!({ "ceremony": started["ceremony"], "credential": credential, "name": "Moonstone" });
    let passkey = own.ok("passkeys.register", passkey).await;
    let flow = own.ok("providers.begin_link", json!({ "provider": "shop" })).await;
    let claims =
        json!({ "sub": "subject-at-the-provider", "email": "zephyrine.there@example.test", "email_verified": true });
    own.ok("providers.link", provider.agree(&flow, claims).params(&flow)).await;
    session.second_factor(node).await;
    own.ok("profile.request_email_change", json!({ "new_email": NEW_ADDRESS })).await;
    // Strangers and other users who leave data about the addresses.
    for email in [&person.email, NEW_ADDRESS] {
        let wrong = json!({ "email": email, "password": "wrong larches beside no brook" });
        node.http().refused("invalid_credentials", "auth.login", wrong).await;
        let theirs = json!({ "email": email, "password": "nine loud herons above a mill", "first_name": "Eve", "last_name": "Moe" });
        node.http().ok("auth.register", theirs).await;
    }
    http.ok("auth.request_password_reset", json!({ "email": person.email })).await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let ids = vec![text(&user), first.id, session.id.clone(), text(&address["id"]), text(&passkey["id"])];
    (person, session, ids)
}

both_databases! {
    async fn no_byte_about_its_owner_is_left(database: Database) {
        let provider = IdentityProvider::start(Manner::Plain).await;
        let mut node = Node::on(database)
            .provider("shop", &provider)
            .set("TRUSTED_PROXIES", "127.0.0.1/32")
            .set("LIMITS__TOKEN_PER_MINUTE", 1000)
            .start()
            .await;
        let operator = node.service_endpoint().await.with("webhooks,users:read,users:write,audit").await;
        let (listens, is_down) = (Receiver::start().await, Receiver::start().await);
        is_down.be(Answers::Status(500));
        for receiver in [&listens, &is_down] {
            operator.ok("webhooks.create", json!({ "url": receiver.url() })).await;
        }
        let (person, session, account) = lived_in(&node, &provider, &operator).await;
        let ids = ids(&account.iter().map(String::as_str).collect::<Vec<_>>());
        let there = found(&node, &marks()).await;
        for mark in MARKS {
            assert!(there.iter().any(|place| place.ends_with(mark)), "the test looks at the right places: {mark}");
        }

        let own = device(&node).bearer(&session.access_token);
        own.ok("account.request_deletion", json!({})).await;
        let token = node.smtp.letter_saying(&person.email, "/confirm-deletion?token=").await.token();
        device(&node).ok("account.confirm_deletion", json!({ "token": token })).await;
        node.smtp.letter_saying(&person.email, "was deleted").await;
        // The listening receiver gets the event, and the unreachable one will; neither gets anything else from then on.
        let event = listens.request_of("user.deleted").await.event();
        assert_eq!((&event["data"]["user_id"], &event["data"]["external_id"]), (&json!(account[0]), &json!(EXTERNAL_ID)));
        assert_eq!(event["data"]["object"], Value::Null);
        // At once only ids are left: of the sessions and of the account.
        eventually("the last letter's row to go", async || {
            let left = found(&node, &marks()).await;
            let of_events = |place: &String| place == &format!("outgoing_events.external_id: {EXTERNAL_ID}");
            left.iter().all(of_events).then_some(())
        })
        .await;
        let tables: BTreeSet<String> = found(&node, &ids).await.iter().map(|place| table(place)).collect();
        let expected = ["audit_log", "deleted_sessions", "outgoing_events", "revocations"].map(str::to_owned);
        assert!(tables.is_subset(&expected.into()), "{tables:?}");
        let waiting = found(&node, &ids).await;
        assert!(waiting.iter().any(|place| table(place) == "outgoing_events"), "the deletion is still queued: {waiting:?}");

        // Thirty days later; the receiver has been unreachable all the time.
        node.stop().await;
        let (data, file) = (node.data().display().to_string(), node.data().join("marbelle.db"));
        let file = format!("sqlite://{}", file.display());
        let mut settings = vec![("DATA_DIR", data.as_str())];
        if matches!(node.database, Database::Sqlite) {
            settings.push(("DATABASE_URL", &file));
        }
        let later = Inside::on(&node.database, &settings);
        later.advance(Duration::from_secs(31 * 86_400));
        later
            .serving(async |_| {
                let all = [marks(), ids.clone()].concat();
                eventually("nothing to be left", async || {
                    // A webhook that was switched off by its failures has dropped its waiting events.
                    let left = found(&node, &all).await;
                    left.is_empty().then_some(())
                })
                .await;
            })
            .await;

        // The address is free.
        node.restart().await;
        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
        let letters = node.smtp.letters_to(&person.email).len();
        node.http().ok("auth.register", person.registration()).await;
        let letter = eventually("a letter", async || node.smtp.letters_to(&person.email).get(letters).cloned()).await;
        node.http().ok("auth.verify_email", verification(letter.token())).await;
        let again = person.sign_in(&node).await;
        assert_ne!(again.sign_in["profile"]["id"], account[0].as_str());
        assert_eq!(again.http(&node).ok("addresses.list", json!({})).await, json!([]));
    }
}

/// Of `table.column: what`.
fn table(place: &str) -> String {
    place.split('.').next().expect("a table").to_owned()
}
