//! Deliveries to receivers, and the treatment of misbehaving ones.

use super::{deliveries, operator, webhook};
use crate::support::{
    Answers, Call, Database, Node, Receiver, Specification, both_databases, eventually, soon, verification, within,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than the first wait before an event is sent again, and than the lease of a worker that was killed.
const FIRST_RETRY: Duration = Duration::from_secs(40);

both_databases! {
    async fn a_receiver_gets_everything_in_order(database: Database) {
        let node = Node::start(database).await;
        let (operator, receiver) = (operator(&node).await, Receiver::start().await);
        let (hook, secret) = webhook(&operator, json!({ "url": receiver.url() })).await;
        let (person, session) = node.signed_in("ann").await;
        let page = session.http(&node);
        let profile = page.ok("profile.update", json!({ "first_name": "Bea" })).await;
        node.command(&["user", "delete", "--yes", &person.email]).await;
        receiver.request_of("user.deleted").await;

        let requests = receiver.received();
        let delivered: Vec<String> = requests.iter().map(|one| one.r#type()).collect();
        // The events that were waiting when the account was deleted are dropped.
        let all = ["user.created", "sessions.changed", "profile.changed", "user.deleted"];
        let mut place = 0;
        for one in &delivered {
            let found = all[place..].iter().position(|name| name == one);
            place += found.unwrap_or_else(|| panic!("{delivered:?} are in order")) + 1;
        }
        let specification = Specification::of_service().await;
        for request in &requests {
            assert!(request.is_signed_by(&secret));
            let wrong = specification.wrong_with_outgoing(&request.event());
            assert!(wrong.is_empty(), "{wrong:?} in {}", request.body);
            assert!(!request.is_signed_by("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
            assert_eq!(request.header("content-type"), "application/json");
            let event = request.event();
            assert_eq!(event["data"]["user_id"], session.sign_in["profile"]["id"]);
            assert_eq!(event["data"]["external_id"], Value::Null);
            let object = &event["data"]["object"];
            match event["type"].as_str().expect("a type") {
                "profile.changed" => {
                    assert_eq!((object, &event["data"]["session_id"]), (&profile, &json!(session.id)));
                    assert_eq!(event["data"]["revision"], profile["revision"]);
                    assert_eq!(event["timestamp"], profile["updated_at"]);
                }
                "user.created" => assert_eq!((&object["email"], request.revision()), (&json!(person.email), 0)),
                "sessions.changed" => assert_eq!(object["opened"]["id"], json!(session.id)),
                _ => assert_eq!((object, request.revision()), (&Value::Null, 3)),
            }
        }
        eventually("the last outcome", async || {
            let left = deliveries(&operator, &hook).await;
            let states: Vec<_> = left.iter().map(|one| (&one["type"], &one["state"], &one["last_status"])).collect();
            (states == [(&json!("user.deleted"), &json!("delivered"), &json!(204))]).then_some(())
        }).await;
    }

    async fn a_test_and_a_redelivery_come_at_once(database: Database) {
        let node = Node::start(database).await;
        let (operator, receiver) = (operator(&node).await, Receiver::start().await);
        let (hook, secret) = webhook(&operator, json!({ "url": receiver.url(), "events": ["user.created"] })).await;
        let test = operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
        let request = receiver.request_of("webhook.test").await;
        assert!(request.is_signed_by(&secret));
        assert_eq!(request.header("webhook-id"), test["delivery_id"]);
        assert_eq!(request.event()["data"]["user_id"], Value::Null);

        node.registered("ann").await;
        let created = receiver.request_of("user.created").await;
        let id = json!(created.header("webhook-id"));
        let delivered = async || {
            let all = deliveries(&operator, &hook).await;
            let one = all.into_iter().find(|one| one["id"] == id).expect("it is kept");
            (one["state"] == "delivered").then_some(one)
        };
        let first = eventually("the delivery is noted", delivered).await;
        assert_eq!((&first["attempts"], &first["last_status"]), (&json!(1), &json!(204)));
        operator.ok("webhooks.redeliver", json!({ "delivery_id": id })).await;
        let again = receiver.requests(3).await.pop().expect("three");
        assert_eq!((again.header("webhook-id"), &again.body), (created.header("webhook-id"), &created.body));
        eventually("the redelivery is noted", delivered).await;
        operator.refused("not_found", "webhooks.redeliver", json!({ "delivery_id": hook })).await;
        operator.ok("webhooks.update", json!({ "webhook_id": hook, "disabled": true })).await;
        operator.refused("forbidden", "webhooks.redeliver", json!({ "delivery_id": id })).await;
        operator.refused("forbidden", "webhooks.test", json!({ "webhook_id": hook })).await;
    }

    async fn both_secrets_sign_after_a_rotation(database: Database) {
        let node = Node::start(database).await;
        let (operator, receiver) = (operator(&node).await, Receiver::start().await);
        let (hook, first) = webhook(&operator, json!({ "url": receiver.url() })).await;
        let rotate = async || {
            let rotated = operator.ok("webhooks.rotate_secret", json!({ "webhook_id": hook })).await;
            rotated["secret"].as_str().expect("a secret").to_owned()
        };
        let second = rotate().await;
        operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
        let request = receiver.requests(1).await.remove(0);
        assert!(request.is_signed_by(&first) && request.is_signed_by(&second));
        let third = rotate().await;
        operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
        let request = receiver.requests(2).await.remove(1);
        assert!(!request.is_signed_by(&first) && request.is_signed_by(&second) && request.is_signed_by(&third));
    }

    async fn a_misbehaving_receiver_is_tried_again(database: Database) {
        let node = Node::start(database).await;
        let (operator, elsewhere) = (operator(&node).await, Receiver::start().await);
        let mut hooks = Vec::new();
        for answers in [
            Answers::Status(500),
            Answers::Status(301),
            Answers::Header(302, "location", elsewhere.url()),
            Answers::Nonsense,
            Answers::Endless,
        ] {
            let receiver = Receiver::start().await;
            receiver.be(answers);
            let (hook, _) = webhook(&operator, json!({ "url": receiver.url() })).await;
            hooks.push((hook, receiver));
        }
        let (_, session) = node.signed_in("ann").await;
        for (hook, receiver) in &hooks {
            receiver.requests(1).await;
            let failed = eventually("the failure is recorded", async || {
                let first = deliveries(&operator, hook).await.remove(0);
                (first["attempts"] == 1 && first["last_error"].is_string()).then_some(first)
            }).await;
            assert_eq!((&failed["state"], &failed["type"]), (&json!("waiting"), &json!("user.created")));
            let listed = operator.ok("webhooks.list", json!({})).await;
            let of = |hook: &str| listed.as_array().expect("a list").iter().find(|one| one["id"] == hook).cloned();
            assert!(of(hook).expect("it is listed")["failing_since"].is_string());
            receiver.be(Answers::Status(200));
        }
        session.http(&node).ok("profile.update", json!({ "first_name": "Bea" })).await;
        for (hook, receiver) in &hooks {
            within(FIRST_RETRY, "the retries", async {
                while receiver.received().len() < 4 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }).await;
            let delivered: Vec<String> = receiver.received().iter().map(|one| one.r#type()).collect();
            assert_eq!(delivered, ["user.created", "user.created", "sessions.changed", "profile.changed"], "{hook}");
        }
        assert_eq!(elsewhere.received().len(), 0, "redirects are not followed");
    }

    async fn a_slow_receiver_delays_no_other_and_no_change(database: Database) {
        let node = Node::start(database).await;
        let (operator, slow, quick) = (operator(&node).await, Receiver::start().await, Receiver::start().await);
        slow.be(Answers::Never);
        webhook(&operator, json!({ "url": slow.url(), "events": ["user.created"] })).await;
        webhook(&operator, json!({ "url": quick.url(), "events": ["user.created"] })).await;
        let people: Vec<_> = (0..12).map(|n| format!("person{n}")).collect();
        for name in &people {
            node.registered(name).await;
        }
        quick.requests(people.len()).await;
        slow.requests(8).await;
        assert_eq!((slow.most_at_a_time(), slow.received().len()), (8, 8), "eight at a time, and not one more");
    }

    async fn nothing_is_lost_and_order_is_kept_when_a_node_is_killed(database: Database) {
        let mut node = Node::start(database).await;
        let (operator, receiver) = (operator(&node).await, Receiver::start().await);
        let (hook, _) = webhook(&operator, json!({ "url": receiver.url(), "events": ["profile.changed"] })).await;
        let mut sessions = Vec::new();
        for name in ["ann", "bob", "cleo"] {
            sessions.push(node.signed_in(name).await.1);
        }
        receiver.be(Answers::Late(Duration::from_millis(20)));
        let mut last = 0;
        for round in 0..3 {
            for change in 0..15 {
                for session in &sessions {
                    let name = format!("Name {round} {change}");
                    let changed = session.http(&node).ok("profile.update", json!({ "first_name": name })).await;
                    last = changed["revision"].as_i64().expect("a revision");
                }
            }
            // The rows of a killed worker are due after its lease.
            let more = receiver.received().len() + 3;
            within(FIRST_RETRY, "further events", async {
                while receiver.received().len() < more {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }).await;
            node.kill9().await;
            node.restart().await;
        }
        within(FIRST_RETRY, "the last events", async {
            let has_last = |user: &Value| {
                receiver.received().iter().any(|one| &one.event()["data"]["user_id"] == user && one.revision() == last)
            };
            while !sessions.iter().all(|session| has_last(&session.sign_in["profile"]["id"])) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }).await;
        for session in &sessions {
            let user = &session.sign_in["profile"]["id"];
            let mut revisions = Vec::new();
            for request in receiver.received().iter().filter(|one| &one.event()["data"]["user_id"] == user) {
                let revision = request.revision();
                if !revisions.contains(&revision) {
                    revisions.push(revision);
                }
            }
            let first = revisions[0];
            assert_eq!(revisions, (first..=last).collect::<Vec<_>>(), "each at least once, the first time in order");
            assert_eq!(revisions.len(), 45);
        }
        let operator = super::operator(&node).await;
        eventually("everything is noted", async || {
            let all = deliveries(&operator, &hook).await;
            (all.len() == 135 && all.iter().all(|one| one["state"] == "delivered")).then_some(())
        }).await;
    }

    async fn the_operator_is_notified_of_a_webhook_that_is_gone(database: Database) {
        let node = Node::on(database).set("OPERATOR_EMAIL", "operator@shop.example").start().await;
        let (operator, receiver) = (operator(&node).await, Receiver::start().await);
        receiver.be(Answers::Status(410));
        let url = format!("{}?token=hush", receiver.url());
        let (hook, _) = webhook(&operator, json!({ "url": url })).await;
        operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
        let letter = node.smtp.letter_to("operator@shop.example").await;
        assert!(letter.text.contains(&hook) && letter.text.contains(&receiver.url()));
        assert!(!letter.text.contains("hush"));
        let listed = operator.ok("webhooks.list", json!({})).await;
        assert!(listed[0]["disabled_at"].is_string());
        node.registered("ann").await;
        assert_eq!(deliveries(&operator, &hook).await, Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_webhooks_are_encrypted_and_can_be_limited_to_public_addresses() {
    let node = Node::on(Database::sqlite()).production().set("SERVICE_LISTEN", "127.0.0.1:0");
    let node = node.set("WEBHOOKS__ALLOW_PRIVATE", false).start().await;
    let (operator, receiver) = (operator(&node).await, Receiver::start().await);
    operator.invalid(&[("url", &["not_allowed"])], "webhooks.create", json!({ "url": receiver.url() })).await;
    let url = receiver.url().replace("http://", "https://");
    let (hook, _) = webhook(&operator, json!({ "url": url })).await;
    let plain = json!({ "webhook_id": hook, "url": receiver.url() });
    operator.invalid(&[("url", &["not_allowed"])], "webhooks.update", plain).await;
    operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
    let failed = eventually("the refusal is recorded", async || {
        let one = deliveries(&operator, &hook).await.remove(0);
        one["last_error"].as_str().map(str::to_owned)
    })
    .await;
    assert!(failed.contains("127.0.0.1, which is not a public address"), "{failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_the_work_and_keep_the_order() {
    let (first, second) = Node::pair().await;
    let (operator, receiver) = (operator(&first).await, Receiver::start().await);
    webhook(&operator, json!({ "url": receiver.url(), "events": ["profile.changed"] })).await;
    let (_, session) = first.signed_in("ann").await;
    for change in 0..60 {
        let node = if change % 2 == 0 { &first } else { &second };
        session.http(node).ok("profile.update", json!({ "first_name": format!("Ann {change}") })).await;
    }
    let requests = receiver.requests(60).await;
    let revisions: Vec<i64> = requests.iter().map(|one| one.revision()).collect();
    assert!(revisions.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{revisions:?}");
    let mut ids: Vec<&str> = requests.iter().map(|one| one.header("webhook-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_keep_working_after_a_rotation_of_the_token_secret() {
    let mut node = Node::on(Database::sqlite()).set("TOKEN_SECRET", crate::support::token_secret(1)).start().await;
    let receiver = Receiver::start().await;
    let (hook, secret) = webhook(&operator(&node).await, json!({ "url": receiver.url() })).await;
    let (old, new) = (crate::support::token_secret(1), crate::support::token_secret(2));
    for (secrets, older) in [(format!("{new},{old}"), true), (new.clone(), false)] {
        node.stop().await;
        node.set("TOKEN_SECRET", secrets);
        node.restart().await;
        let metric = async || {
            let text = node.http().get("/metrics").send().await.expect("metrics").text().await.expect("text");
            let line =
                text.lines().find(|line| line.starts_with("marbelle_sealed_by_older_secrets ")).map(str::to_owned);
            line.filter(|line| line.ends_with(" 0")).map(drop)
        };
        if older {
            eventually("the secret is sealed anew", metric).await;
        }
        let operator = operator(&node).await;
        let before = receiver.received().len();
        operator.ok("webhooks.test", json!({ "webhook_id": hook })).await;
        let request = soon("a test", receiver.requests(before + 1)).await.pop().expect("one");
        assert!(request.is_signed_by(&secret));
    }
    let person = node.unverified("ann").await;
    let token = node.smtp.letter_to(&person.email).await.token();
    node.http().ok("auth.verify_email", verification(&token)).await;
    receiver.request_of("user.created").await;
}
