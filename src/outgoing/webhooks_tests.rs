//! Retries, order and the end of webhooks, by a clock that the test advances.

use super::{
    client::HttpClient,
    client_tests::resolving,
    webhooks::{WebhookSettings, Webhooks},
};
use crate::{
    crypto::{
        keys::{KeySettings, Keys},
        sealed::Sealer,
        webhook_secret::WebhookSecret,
    },
    domain::{
        email::EmailAddress,
        ids::{UserId, WebhookId},
        profile::{Locale, Name, PersonalData},
        time::Clock,
        webhook::{Delivery, DeliveryState, Webhook, WebhookUrl},
    },
    leases::Queue,
    settings::Database,
    store::{LockedAccount, NewUser, Receivers, Store},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// A receiver that answers every request with the same bytes.
struct Endpoint {
    port: u16,
    answer: Arc<Mutex<&'static str>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn answering(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answer, requests) = (Arc::new(Mutex::new(answer)), Arc::<Mutex<Vec<String>>>::default());
        let (answers, seen) = (answer.clone(), requests.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                // Every body ends with the object of the event.
                while !request.ends_with(b"}}") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
                seen.lock().push(String::from_utf8(request).unwrap());
                let answer = *answers.lock();
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, answer, requests }
    }

    fn answer_with(&self, answer: &'static str) {
        *self.answer.lock() = answer;
    }

    fn requests(&self) -> usize {
        self.requests.lock().len()
    }
}

/// A database with a webhook, and its worker.
struct Office {
    _dir: TempDir,
    store: Store,
    clock: Clock,
    receivers: Receivers,
    webhooks: Webhooks,
    webhook: WebhookId,
}

impl Office {
    async fn sending_to(url: &str) -> Self {
        Self::by(HttpClient::default(), url, true).await
    }

    async fn by(client: HttpClient, url: &str, allow_private: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(dir.path().join("marbelle.db"))).await.unwrap();
        let clock = Clock::adjustable();
        let secrets = vec![STANDARD.encode([7; 32]).into()];
        let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets: secrets };
        let sealer = Arc::new(Sealer::new(&Keys::load(&settings, dir.path()).unwrap()));
        let webhook = Webhook {
            id: WebhookId::new(),
            url: WebhookUrl::parse(url).unwrap(),
            events: None,
            description: None,
            disabled_at: None,
            failing_since: None,
            created_at: clock.now(),
        };
        let mut tx = store.write().await.unwrap();
        tx.lock_webhooks().await.unwrap();
        tx.insert_webhook(&webhook, &WebhookSecret::new().seal(&sealer, webhook.id)).await.unwrap();
        tx.commit().await.unwrap();
        let operator = Some(EmailAddress::parse("operator@shop.example").unwrap());
        let settings = WebhookSettings { allow_private, operator };
        let webhooks = Webhooks::by(client, store.clone(), clock.clone(), sealer, settings);
        let receivers = Receivers::new(false);
        Self { _dir: dir, store, clock, receivers, webhooks, webhook: webhook.id }
    }

    /// Creates an account, which queues one event.
    async fn account(&self) -> UserId {
        let id = UserId::new();
        let name = Name::parse("Ann").unwrap();
        let (company_name, phone, locale) = (None, None, Locale::En);
        let user = NewUser {
            id,
            email: EmailAddress::parse(&format!("{id}@example.test")).unwrap(),
            password_hash: None,
            imported_cost: None,
            external_id: None,
            person: PersonalData { first_name: name, last_name: None, company_name, phone, locale },
            invitation: None,
            created_at: self.clock.now(),
        };
        let account = LockedAccount::create(self.store.write().await.unwrap(), &user).await.unwrap().unwrap();
        let _ = account.commit(100, &self.receivers).await.unwrap();
        id
    }

    /// Changes an account, which queues another event.
    async fn change(&self, user: UserId) {
        let tx = self.store.write().await.unwrap();
        let mut account = LockedAccount::lock(tx, user, None, &self.clock).await.unwrap().unwrap();
        let profile = account.profile();
        account.save_profile(profile);
        let _ = account.commit(100, &self.receivers).await.unwrap();
    }

    /// Claims and processes due events until none is due; returns the number of claims.
    async fn work(&self) -> usize {
        let line = self.webhooks.line(self.webhook);
        let mut claims = 0;
        while line.is_due().await.unwrap() {
            let rows = line.claim(8).await.unwrap();
            assert!(!rows.is_empty(), "what is due can be claimed");
            for row in rows {
                claims += 1;
                line.work(row).await;
            }
        }
        claims
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        self.store.list_deliveries(self.webhook.into(), None, None, 1000).await.unwrap()
    }

    async fn webhook(&self) -> Webhook {
        self.store.find_webhook(self.webhook).await.unwrap().unwrap().webhook
    }
}

#[tokio::test]
async fn an_event_is_tried_again_less_and_less_often_and_then_given_up() {
    let endpoint = Endpoint::answering(BUSY).await;
    let office = Office::sending_to(&format!("http://127.0.0.1:{}", endpoint.port)).await;
    let user = office.account().await;
    office.work().await;
    for (attempt, wait) in (1..).zip([5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]) {
        let [delivery] = &office.deliveries().await[..] else { panic!("one") };
        assert_eq!((delivery.attempts, delivery.state), (attempt, DeliveryState::Waiting));
        assert_eq!(
            (delivery.last_status, delivery.last_error.as_deref()),
            (Some(503), Some("answered 503 Service Unavailable"))
        );
        let (now, due) = (office.clock.now(), delivery.next_attempt_at.unwrap());
        let after = due.since(now);
        let wait = Duration::from_secs(wait);
        assert!(after >= wait.mul_f64(0.99) && after <= wait.mul_f64(1.11), "attempt {attempt}: {after:?}");
        office.clock.advance(wait.mul_f64(0.95));
        assert_eq!(office.work().await, 0, "not before its time");
        office.clock.advance(wait.mul_f64(0.2));
        assert_eq!(office.work().await, 1);
    }
    let [delivery] = &office.deliveries().await[..] else { panic!("one") };
    assert_eq!((delivery.attempts, delivery.state, delivery.next_attempt_at), (8, DeliveryState::GivenUp, None));
    assert_eq!(endpoint.requests(), 8);
    // It is the same event in every attempt.
    let ids: Vec<String> = endpoint.requests.lock().iter().map(|request| header(request, "webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == delivery.id.to_string()), "{ids:?}");
    // An event that was given up does not block later ones.
    endpoint.answer_with(OK);
    office.change(user).await;
    office.work().await;
    assert_eq!(office.deliveries().await[0].state, DeliveryState::Delivered);
}

fn header(request: &str, name: &str) -> String {
    let line = request.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {request}")).to_owned()
}

#[tokio::test]
async fn a_users_events_wait_for_the_earlier_one_and_others_pass() {
    let endpoint = Endpoint::answering(BUSY).await;
    let office = Office::sending_to(&format!("http://127.0.0.1:{}", endpoint.port)).await;
    let ann = office.account().await;
    office.work().await;
    office.change(ann).await;
    office.change(ann).await;
    assert_eq!(office.work().await, 0, "they wait behind the first");
    endpoint.answer_with(OK);
    let bob = office.account().await;
    assert_eq!(office.work().await, 1);
    let sent: Vec<_> = office.deliveries().await.iter().map(|one| (one.user_id, one.state)).collect();
    let waiting = (Some(ann), DeliveryState::Waiting);
    assert_eq!(sent, [(Some(bob), DeliveryState::Delivered), waiting, waiting, waiting]);
    office.clock.advance(Duration::from_secs(6));
    // One claim delivers the first and what waits behind it.
    assert_eq!(office.work().await, 1);
    let revisions: Vec<String> = endpoint.requests.lock()[2..]
        .iter()
        .map(|request| request.split("\"revision\":").nth(1).unwrap().split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(revisions, ["0", "1", "2"]);
}

#[tokio::test]
async fn a_receiver_can_delay_the_next_attempt() {
    let endpoint = Endpoint::answering("HTTP/1.1 429 Too Many Requests\r\nretry-after: 120\r\n\r\n").await;
    let office = Office::sending_to(&format!("http://127.0.0.1:{}", endpoint.port)).await;
    office.account().await;
    office.work().await;
    let after = |delivery: &Delivery| delivery.next_attempt_at.unwrap().since(office.clock.now()).as_secs();
    assert!((118..=120).contains(&after(&office.deliveries().await[0])));
    // The delay is bounded above, and not shorter than the usual one.
    for (answer, longest) in [
        ("HTTP/1.1 429 Too Many Requests\r\nretry-after: 999999999\r\n\r\n", 86_400),
        ("HTTP/1.1 503 Slow\r\nretry-after: 1\r\n\r\n", 33 * 60),
    ] {
        endpoint.answer_with(answer);
        office.clock.advance(Duration::from_secs(86_401));
        office.work().await;
        let after = after(&office.deliveries().await[0]);
        assert!(after <= longest && after > longest / 2, "{after}");
    }
}

#[tokio::test]
async fn a_receiver_that_answers_gone_is_switched_off_and_the_operator_is_notified() {
    let endpoint = Endpoint::answering("HTTP/1.1 410 Gone\r\n\r\n").await;
    let office = Office::sending_to(&format!("http://127.0.0.1:{}/hook?token=hush", endpoint.port)).await;
    let (ann, _) = (office.account().await, office.account().await);
    office.change(ann).await;
    let line = office.webhooks.line(office.webhook);
    for row in line.claim(1).await.unwrap() {
        line.work(row).await;
    }
    assert!(office.webhook().await.disabled_at.is_some());
    assert_eq!(office.deliveries().await, [], "what waited is dropped");
    assert_eq!(letters(&office).await, ["webhook_switched_off operator@shop.example"]);
    office.change(ann).await;
    assert_eq!(office.deliveries().await, [], "and nothing more is queued");
}

async fn letters(office: &Office) -> Vec<String> {
    let mut tx = office.store.write().await.unwrap();
    let now = office.clock.now();
    let rows = tx.claim_letters(now, now.after(Duration::from_secs(60)), now, 10).await.unwrap();
    let letters = rows.into_iter().map(|row| match row.queued {
        crate::store::Queued::Letter(letter) => {
            assert!(!format!("{:?}", letter.content).contains("hush"));
            format!("{} {}", letter.content.kind().as_str(), letter.to)
        }
        other => panic!("{other:?}"),
    });
    letters.collect()
}

#[tokio::test]
async fn five_days_of_failures_switch_a_webhook_off_and_one_success_ends_them() {
    let endpoint = Endpoint::answering(BUSY).await;
    let office = Office::sending_to(&format!("http://127.0.0.1:{}", endpoint.port)).await;
    let fails_until = async |days: u64| {
        for _ in 0..days * 4 {
            office.account().await;
            office.work().await;
            office.clock.advance(Duration::from_secs(6 * HOUR));
        }
    };
    fails_until(4).await;
    let since = office.webhook().await.failing_since.unwrap();
    assert!(office.clock.now().since(since) >= Duration::from_secs(4 * 24 * HOUR - 10));
    endpoint.answer_with(OK);
    office.account().await;
    office.work().await;
    assert_eq!(office.webhook().await.failing_since, None);
    endpoint.answer_with(BUSY);
    fails_until(5).await;
    assert_eq!(office.webhook().await.disabled_at, None);
    assert_eq!(letters(&office).await, Vec::<String>::new());
    office.account().await;
    office.work().await;
    let webhook = office.webhook().await;
    assert!(webhook.disabled_at.is_some() && webhook.failing_since.is_some());
    assert_eq!(letters(&office).await, ["webhook_switched_off operator@shop.example"]);
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let endpoint = Endpoint::answering(OK).await;
    let (inside, metadata) = (SocketAddr::from(([127, 0, 0, 1], endpoint.port)), "169.254.169.254:80".parse().unwrap());
    for (client, url) in [
        (HttpClient::default(), format!("http://127.0.0.1:{}/", endpoint.port)),
        (HttpClient::default(), format!("http://[::ffff:127.0.0.1]:{}/", endpoint.port)),
        (HttpClient::default(), "http://169.254.169.254/latest/meta-data/".to_owned()),
        (resolving(move |_| vec![metadata]).0, "https://hooks.shop.example/".to_owned()),
        (
            resolving(move |_| vec!["93.184.215.14:443".parse().unwrap(), inside]).0,
            "https://hooks.shop.example/".to_owned(),
        ),
    ] {
        let office = Office::by(client, &url, false).await;
        office.account().await;
        office.work().await;
        let [delivery] = &office.deliveries().await[..] else { panic!("one") };
        let error = delivery.last_error.as_deref().unwrap();
        assert!(error.contains("not a public address"), "{url}: {error}");
    }
    assert_eq!(endpoint.requests(), 0);
}

#[tokio::test]
async fn the_checked_address_is_used_though_the_name_changes() {
    let (first, second) = (Endpoint::answering(OK).await, Endpoint::answering(OK).await);
    let ports = [first.port, second.port];
    let (client, _) = resolving(move |look_ups| vec![([127, 0, 0, 1], ports[look_ups.min(1)]).into()]);
    let office = Office::by(client, "http://hooks.shop.example/", true).await;
    office.account().await;
    office.work().await;
    // The checked address was connected to: one look-up, one connection.
    assert_eq!((first.requests(), second.requests()), (1, 0));
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_records_nothing() {
    let endpoint = Endpoint::answering(OK).await;
    let office = Office::sending_to(&format!("http://127.0.0.1:{}", endpoint.port)).await;
    office.account().await;
    let line = office.webhooks.line(office.webhook);
    let mut stale = line.claim(8).await.unwrap();
    assert_eq!(line.claim(8).await.unwrap().len(), 0);
    office.clock.advance(Duration::from_secs(21));
    let mut fresh = line.claim(8).await.unwrap();
    endpoint.answer_with(BUSY);
    line.work(stale.pop().unwrap()).await;
    assert_eq!(office.deliveries().await[0].last_error, None, "another worker has the claim");
    endpoint.answer_with(OK);
    line.work(fresh.pop().unwrap()).await;
    assert_eq!(office.deliveries().await[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn no_more_than_eight_are_under_way_at_a_time() {
    let office = Office::sending_to("http://127.0.0.1:1/").await;
    for _ in 0..12 {
        office.account().await;
    }
    let (one, other) = (office.webhooks.line(office.webhook), office.webhooks.line(office.webhook));
    assert_eq!(one.claim(5).await.unwrap().len(), 5);
    assert_eq!(other.claim(8).await.unwrap().len(), 3);
    assert_eq!(one.claim(3).await.unwrap().len(), 0);
    // The claims of dead workers count no longer than their leases.
    office.clock.advance(Duration::from_secs(21));
    assert_eq!(other.claim(8).await.unwrap().len(), 8);
}
