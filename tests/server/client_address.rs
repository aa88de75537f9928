//! The client's address behind a proxy: one header, and its readable forms (docs/settings.md).

use crate::support::{Call, Database, Node, another_email, both_databases};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

async fn node(database: Database, header: &str) -> Node {
    let node = Node::on(database).set("TRUSTED_PROXIES", "127.0.0.0/8").set("CLIENT_ADDRESS_HEADER", header);
    node.set("LIMITS__SIGN_IN_PER_MINUTE", 3).start().await
}

/// Whether each of these calls of `auth.login`, with one header as given, is accepted.
async fn looked_at(node: &Node, name: &'static str, values: &[&[u8]]) -> Vec<bool> {
    let mut looked_at = Vec::new();
    for value in values {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "auth.login" });
        let post = node.http().post().header(name, HeaderValue::from_bytes(value).unwrap()).json(&call);
        let answer: Value = post.send().await.unwrap().json().await.unwrap();
        looked_at.push(answer["error"]["data"]["kind"] == "invalid_params");
    }
    looked_at
}

both_databases! {
    async fn a_session_shows_the_address_in_its_canonical_form(database: Database) {
        let node = Node::on(database).set("TRUSTED_PROXIES", "127.0.0.0/8").start().await;
        let person = node.registered("ann").await;
        for (written, shown) in [
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("[2001:DB8:0:0::7]:443", "2001:db8::7"),
            ("198.51.100.7:4711", "198.51.100.7"),
        ] {
            let signed_in = node.http().with("x-forwarded-for", written).ok("auth.login", person.credentials()).await;
            assert_eq!(signed_in["session"]["ip"], shown, "{written}");
        }
    }
}

#[tokio::test]
async fn no_header_of_a_client_gets_it_a_new_allowance() {
    let forwarded_for: &[&[u8]] = &[
        b"198.51.100.7",
        b"203.0.113.1, 198.51.100.7",
        b"198.51.100.7:4711,",
        b"x, 198.51.100.7",
        b"\xff\xfe, 198.51.100.7",
        b"::ffff:198.51.100.7",
    ];
    let first_three = [true, true, true, false, false, false];
    let client = node(Database::sqlite(), "x-forwarded-for").await;
    assert_eq!(looked_at(&client, "x-forwarded-for", forwarded_for).await, first_three);
    // Requests without a readable address are the proxy's own, and share one allowance.
    let unreadable: &[&[u8]] = &[b"x", b"\xff", b"198.51.100.7.", b"unknown", b"", b"198.51.100.7, x"];
    assert_eq!(looked_at(&client, "x-forwarded-for", unreadable).await, first_three);
    let line = client.printed("does not give its client's address").await;
    assert!(line.contains("x-forwarded-for") && line.contains("127.0.0.1"), "{line}");
    let lines = client.output().lines().filter(|line| line.contains("does not give")).count();
    assert_eq!(lines, 1, "once a minute");

    let forwarded: &[&[u8]] = &[
        b"for=198.51.100.7",
        b"for=203.0.113.1, for=\"198.51.100.7:4711\";proto=https",
        b"for=\"x, For=198.51.100.7",
        b"\xff, for=198.51.100.7",
        b"for=198.51.100.7,",
        b"proto=https;for=198.51.100.7",
    ];
    assert_eq!(looked_at(&node(Database::sqlite(), "forwarded").await, "forwarded", forwarded).await, first_three);
    let real: &[&[u8]] = &[b"198.51.100.7", b"198.51.100.7", b"198.51.100.7:1", b"198.51.100.7"];
    assert_eq!(looked_at(&node(Database::sqlite(), "X-Real-IP").await, "x-real-ip", real).await, first_three[..4]);
}

#[tokio::test]
async fn a_site_has_ten_times_the_allowance_of_its_networks() {
    let node = node(Database::sqlite(), "x-forwarded-for").await;
    let mut passed = 0;
    for network in 0..60 {
        let http = node.http().with("x-forwarded-for", &format!("2001:db8:7:{network:x}::1"));
        let login = json!({ "email": another_email("nobody"), "password": "wrong larches beside a brook" });
        passed += usize::from(http.call("auth.login", login).await.is_err_and(|e| e.kind == "invalid_credentials"));
    }
    assert!((30..=33).contains(&passed), "{passed} of 60 networks of one /48");
    let elsewhere = node.http().with("x-forwarded-for", "2001:db8:8::1");
    elsewhere.refused("invalid_params", "auth.login", json!({})).await;
}

/// The example configurations pass on the address of the peer, and nothing that the client itself sent as an address.
#[test]
fn the_proxies_of_the_deployment_drop_what_clients_send() {
    let lines = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(format!("{}/deploy/proxy/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    };
    for (file, wanted) in [
        // Caddy sets X-Forwarded-For itself.
        ("Caddyfile", &["header_up -Forwarded", "header_up -X-Real-IP"] as &[&str]),
        (
            "nginx.conf",
            &[
                "proxy_set_header X-Forwarded-For $remote_addr;",
                "proxy_set_header Forwarded \"\";",
                "proxy_set_header X-Real-IP \"\";",
            ],
        ),
    ] {
        let lines = lines(file);
        for directive in wanted {
            assert!(lines.iter().any(|line| line == directive), "{file}: {directive}");
        }
    }
}
