//! Limits on what strangers present, what users change, and what a client address holds open (docs/security.md,
//! "What a stranger can make grow").

use crate::support::{Call, Database, Http, Node, Reply, Session, address, both_databases, eventually, soon};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::tungstenite;

const CLIENT: &str = "198.51.100.7";

/// A node behind a proxy on this machine.
async fn behind_proxy(database: Database, limits: &[(&str, u32)]) -> Node {
    let node = Node::on(database).set("TRUSTED_PROXIES", "127.0.0.0/8");
    limits.iter().fold(node, |node, (name, value)| node.set(name, value)).start().await
}

fn from(node: &Node, client: &str) -> Http {
    node.http().with("x-forwarded-for", client)
}

fn count(replies: &[Reply], kind: &str) -> usize {
    replies.iter().filter(|reply| reply.as_ref().is_err_and(|error| error.kind == kind)).count()
}

/// A connection from this loopback address.
async fn connect(node: &Node, from: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(node.address()).await
}

/// Whether the node answers on this connection.
async fn answers(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut answer = [0; 12];
    asked.is_ok() && stream.read_exact(&mut answer).await.is_ok() && answer == *b"HTTP/1.1 200"
}

both_databases! {
    async fn refused_credentials_have_an_allowance_and_valid_ones_still_work(database: Database) {
        let node = behind_proxy(database, &[("LIMITS__REFUSALS_PER_MINUTE", 20)]).await;
        let person = node.registered("ann").await;
        let mut session = person.sign_in(&node).await;
        let stranger = from(&node, CLIENT);
        // Wherever one is presented: among the parameters, in the header, in a batch, on a socket.
        let guess = json!({ "refresh_token": "x" });
        let refreshes: Vec<(&str, Value)> = (0..8).map(|_| ("auth.refresh", guess.clone())).collect();
        assert_eq!(count(&stranger.batch(&refreshes).await, "unauthenticated"), 8);
        let calls: Vec<(&str, Value)> = (0..8).map(|_| ("profile.get", json!({}))).collect();
        assert_eq!(count(&stranger.bearer("x").batch(&calls).await, "unauthenticated"), 8);
        let ws = node.ws_with(&[("x-forwarded-for", CLIENT)]).await.unwrap();
        let mut replies = Vec::new();
        for _ in 0..10 {
            replies.push(ws.call("session.authenticate", json!({ "access_token": "x" })).await);
        }
        let (refused, limited) = (count(&replies, "unauthenticated"), count(&replies, "rate_limited"));
        assert!((4..=6).contains(&refused) && refused + limited == 10, "{replies:?}");
        let error = stranger.refused("rate_limited", "auth.refresh", guess).await;
        assert!((1..=3000).contains(&error.data["retry_after_ms"].as_u64().expect("a time")), "{error:?}");
        let handshake = [("x-forwarded-for", CLIENT), ("authorization", "Bearer x")];
        assert_eq!(node.refused_handshake(&handshake).await, 429);
        // Callers behind the same address with a valid one are not affected.
        for _ in 0..10 {
            session = Session::from_wire({
                let tokens = stranger.ok("auth.refresh", json!({ "refresh_token": session.refresh_token })).await;
                let mut sign_in = session.sign_in.clone();
                tokens.as_object().expect("Tokens").iter().for_each(|(name, value)| sign_in[name] = value.clone());
                sign_in
            });
        }
        stranger.bearer(&session.access_token).ok("profile.get", json!({})).await;
        ws.ok("session.authenticate", json!({ "access_token": session.access_token })).await;
        from(&node, "198.51.100.8").bearer("x").refused("unauthenticated", "profile.get", json!({})).await;
        // However many there were: one line per address and minute.
        node.printed("198.51.100.8").await;
        let output = node.output();
        let lines: Vec<&str> = output.lines().filter(|line| line.contains("credentials_refused")).collect();
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines[0].contains(CLIENT), "{lines:#?}");
    }

    async fn changes_have_an_allowance_per_user(database: Database) {
        let node = Node::on(database).set("LIMITS__WRITES_PER_MINUTE", 12).start().await;
        let (person, one) = node.signed_in("ann").await;
        let other = person.sign_in(&node).await;
        let http = [one.http(&node), other.http(&node)];
        let mut ids = Vec::new();
        for label in ["Home", "Work"] {
            ids.push(http[0].ok("addresses.create", address(label)).await["id"].clone());
        }
        let mut replies = Vec::new();
        for turn in 0..24 {
            let primary = json!({ "address_id": ids[turn % 2] });
            replies.push(http[turn % 2].call("addresses.set_primary", primary).await);
        }
        let limited = count(&replies, "rate_limited");
        assert!((11..=14).contains(&limited), "{limited} of 24, after two others");
        for (method, params) in [
            ("addresses.create", address("Third")),
            ("addresses.update", json!({ "address_id": ids[0], "city": "Kiel" })),
            ("addresses.delete", json!({ "address_id": ids[0] })),
            ("profile.update", json!({ "first_name": "Anna" })),
            ("profile.cancel_email_change", json!({})),
        ] {
            http[1].refused("rate_limited", method, params).await;
        }
        // Reads continue, and so does ending sessions: a thief must not keep the owner from that.
        http[1].ok("account.get", json!({})).await;
        http[0].ok("session.revoke", json!({ "session_id": other.id })).await;
        let (_, bob) = node.signed_in("bob").await;
        bob.http(&node).ok("profile.update", json!({ "first_name": "Bobby" })).await;
        http[0].ok("auth.logout", json!({})).await;
    }

    async fn a_user_has_twice_the_calls_of_a_session(database: Database) {
        let node = Node::on(database).set("LIMITS__CALLS_PER_SECOND", 5).start().await;
        let (person, first) = node.signed_in("ann").await;
        let calls: Vec<(&str, Value)> = (0..50).map(|_| ("session.current", json!({}))).collect();
        let mut sessions = vec![first];
        for _ in 0..4 {
            sessions.push(person.sign_in(&node).await);
        }
        let started = Instant::now();
        let mut passed = 0;
        for session in &sessions {
            let replies = session.http(&node).batch(&calls).await;
            passed += replies.len() - count(&replies, "rate_limited");
        }
        let refilled = 10 * (started.elapsed().as_secs() as usize + 1);
        assert!((20..=20 + refilled).contains(&passed), "{passed} of five sessions went through");
        // A handshake uses the database as a call does.
        let bearer = format!("Bearer {}", sessions[0].access_token);
        let headers = [("authorization", bearer.as_str())];
        let handshakes = join_all((0..60).map(|_| node.ws_with(&headers))).await;
        let statuses = handshakes.iter().filter_map(|opened| match opened.as_ref().map_err(|error| &**error) {
            Err(tungstenite::Error::Http(refused)) => Some(refused.status().as_u16()),
            _ => None,
        });
        let statuses: Vec<u16> = statuses.collect();
        assert!(!statuses.is_empty() && statuses.iter().all(|status| *status == 429), "{statuses:?}");
    }

    async fn changes_of_a_password_are_limited_per_hour(database: Database) {
        let node = Node::on(database).set("LIMITS__PASSWORD_CHANGES_PER_HOUR", 2).start().await;
        let (person, session) = node.signed_in("ann").await;
        let http = session.http(&node);
        let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
        let passwords = [person.password.as_str(), "nine loud herons above a mill", "ten grey herons below a mill"];
        // A call without effect is not a change.
        for _ in 0..4 {
            let wrong = change("wrong larches beside a brook", passwords[1]);
            http.refused("invalid_credentials", "auth.change_password", wrong).await;
            http.refused("invalid_params", "auth.change_password", change(passwords[0], "12345678")).await;
        }
        let changed = http.ok("auth.change_password", change(passwords[0], passwords[1])).await;
        let http = http.bearer(changed["tokens"]["access_token"].as_str().expect("renewed tokens"));
        // The present one again is refused, and has cost a hash: it counts.
        http.refused("invalid_params", "auth.change_password", change(passwords[1], passwords[1])).await;
        let third = change(passwords[1], passwords[2]);
        // No more passwords are estimated either: a guessable one is refused like any other.
        http.refused("rate_limited", "auth.change_password", change(passwords[1], "12345678")).await;
        let error = http.refused("rate_limited", "auth.change_password", third).await;
        let retry = error.data["retry_after_ms"].as_u64().expect("a time");
        assert!((1_700_000..=1_800_000).contains(&retry), "half an hour: {retry}");
    }
}

#[tokio::test]
async fn the_specification_is_rate_limited_and_refused_in_a_batch() {
    let node = behind_proxy(Database::sqlite(), &[("LIMITS__REFUSALS_PER_MINUTE", 60)]).await;
    let client = from(&node, CLIENT);
    // One more is allowed each second: on a slow machine some come back meanwhile.
    let allowed = |since: Instant| 30..=31 + usize::try_from(since.elapsed().as_secs()).unwrap();
    let started = Instant::now();
    let mut answered = 0;
    let refusal = loop {
        match client.call("rpc.discover", json!({})).await {
            Ok(_) => answered += 1,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.kind, "rate_limited");
    assert!(allowed(started).contains(&answered), "{answered} in {:?}", started.elapsed());
    client.refused("unauthenticated", "profile.get", json!({})).await;
    let started = Instant::now();
    let replies = from(&node, "198.51.100.8").batch(&vec![("rpc.discover", json!({})); 50]).await;
    let (forbidden, limited) = (count(&replies, "forbidden"), count(&replies, "rate_limited"));
    assert_eq!(forbidden + limited, 50, "a batch cannot contain it");
    assert!(allowed(started).contains(&forbidden), "{forbidden} in {:?}", started.elapsed());
}

#[tokio::test]
async fn the_connections_of_an_address_are_limited() {
    let node = Node::on(Database::sqlite()).set("LIMITS__CONNECTIONS_PER_ADDRESS", 20).start().await;
    let (near, elsewhere) = (Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3));
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&node, near).await.unwrap();
        assert!(soon("an answer", answers(&mut stream)).await);
        open.push(stream);
    }
    let mut beyond = connect(&node, near).await.unwrap();
    assert!(!soon("the end", answers(&mut beyond)).await, "closed at once");
    assert!(soon("an answer", answers(&mut connect(&node, elsewhere).await.unwrap())).await);
    open.pop();
    eventually("a free place", || async { answers(&mut connect(&node, near).await.unwrap()).await.then_some(()) })
        .await;

    // A proxy's connections are its clients'.
    let node = behind_proxy(Database::sqlite(), &[("LIMITS__CONNECTIONS_PER_ADDRESS", 2)]).await;
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&node, near).await.unwrap();
        assert!(soon("an answer", answers(&mut stream)).await);
        open.push(stream);
    }
}

#[tokio::test]
async fn a_low_limit_of_open_files_is_raised_as_far_as_allowed() {
    let node = Node::on(Database::sqlite()).open_files_at_first(256).start().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", node.pid())).unwrap();
    let limits: Vec<_> =
        limits.lines().find(|line| line.starts_with("Max open files")).unwrap().split_whitespace().collect();
    let [soft, hard] = [limits[3], limits[4]];
    assert!(soft == hard && soft != "256", "{limits:?}");
}

#[tokio::test]
async fn silent_connections_do_not_use_up_the_descriptors() {
    let node = Node::on(Database::sqlite()).open_files(256).start().await;
    let warned = node.printed("few connections fit").await;
    assert!(warned.contains("128"), "{warned}");
    let (person, session) = node.signed_in("ann").await;
    let tab = session.tab(&node).await;
    let mut silent = Vec::new();
    for n in 0..400u16 {
        let from = Ipv4Addr::new(127, 0, 1, u8::try_from(n % 200 + 1).unwrap());
        silent.push(connect(&node, from).await);
    }
    node.printed("there is room for no more").await;
    // Present clients can continue, with the database, mail and files that they need.
    assert_eq!(tab.ok("profile.update", json!({ "first_name": "Anna" })).await["email"], person.email);
    let reset = json!({ "email": person.email });
    tab.ok("auth.request_password_reset", reset).await;
    node.smtp.letter_saying(&person.email, "/password-reset?token=").await;
    drop(silent);
    eventually("a free place", || async { node.http().get("/healthz").send().await.ok() }).await;
}
