//! The account page: its paths, its security headers, and compression and caching of its files.

use crate::support::{Call, Database, Node, another_email};
use flate2::read::GzDecoder;
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::json;
use std::io::Read;

const PATHS: [&str; 15] = [
    "/",
    "/sign-in",
    "/register",
    "/check-mail",
    "/forgotten-password",
    "/verify-email",
    "/password-reset",
    "/confirm-email-change",
    "/confirm-deletion",
    "/accept-invitation",
    "/provider-callback",
    "/profile",
    "/addresses",
    "/devices",
    "/security",
];

async fn get(node: &Node, path: &str) -> Response {
    node.http().get(path).send().await.unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

/// The files that the document loads.
fn assets(document: &str) -> Vec<&str> {
    document.split('"').filter(|text| text.starts_with("/assets/")).collect()
}

#[tokio::test]
async fn every_view_serves_the_same_document() {
    let node = Node::on(Database::sqlite())
        .set("SHOP_NAME", "Larch \"&\" <Co>")
        .set("LIMITS__PASSWORD_MIN_LENGTH", 12)
        .set("LIMITS__MAX_ADDRESSES", 3)
        .start()
        .await;
    let document = get(&node, "/").await.text().await.unwrap();
    for path in PATHS {
        let answer = get(&node, &format!("{path}?token=x")).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(answer.headers(), "content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.text().await.unwrap(), document, "{path}");
    }
    assert!(
        document.starts_with("<!doctype html>\n<html lang=\"en\" data-shop=\"Larch &#34;&#38;&#34; &#60;Co&#62;\"")
    );
    assert!(document.contains("<title>Larch &#34;&#38;&#34; &#60;Co&#62;</title>"), "{document}");
    assert!(document.contains(" data-password-min-length=\"12\" data-max-addresses=\"3\">"), "{document}");
    assert!(!document.contains("<Co>") && !document.contains("<style") && !document.contains("style="));
    for path in ["/Profile", "/profile/", "/profile/x", "/index.html", "/assets", "/assets/", "/assets/app.js", "//"] {
        assert_eq!(get(&node, path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn its_assets_are_immutable_and_named_by_their_content() {
    let node = Node::start(Database::sqlite()).await;
    let document = get(&node, "/").await.text().await.unwrap();
    let assets = assets(&document);
    let kinds = ["image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"];
    assert_eq!(assets.len(), kinds.len(), "{document}");
    for (path, kind) in assets.into_iter().zip(kinds) {
        let answer = get(&node, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(answer.headers(), "content-type"), kind);
        assert_eq!(header(answer.headers(), "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(answer.headers(), "x-content-type-options"), "nosniff");
        let hash = path.rsplit(['-', '.']).nth(1).expect("a hash");
        assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{path}");
        let other = path.replace(hash, "0123456789abcdef");
        assert_eq!(get(&node, &other).await.status(), 404, "{other}");
    }
    let icon = get(&node, "/favicon.ico").await;
    assert_eq!((icon.status(), header(icon.headers(), "content-type")), (StatusCode::OK, "image/svg+xml"));
    assert!(!header(icon.headers(), "cache-control").contains("immutable"));
}

#[tokio::test]
async fn the_document_has_security_headers() {
    let node = Node::start(Database::sqlite()).await;
    let answer = get(&node, "/password-reset?token=x").await;
    let headers = answer.headers();
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(header(headers, name), value, "{name}");
    }
    let policy = header(headers, "content-security-policy");
    let directives: Vec<&str> = policy.split("; ").collect();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(directives.contains(&directive), "{directive} in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{policy}");
}

#[tokio::test]
async fn it_is_compressed_for_clients_that_accept_it() {
    let node = Node::start(Database::sqlite()).await;
    let plain = get(&node, "/").await;
    assert_eq!(header(plain.headers(), "content-encoding"), "");
    assert!(header(plain.headers(), "vary").contains("accept-encoding"));
    let plain = plain.bytes().await.unwrap();
    for accepted in ["gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1"] {
        let gzip = node.http().get("/").header("accept-encoding", accepted).send().await.unwrap();
        assert_eq!(header(gzip.headers(), "content-encoding"), "gzip");
        assert!(header(gzip.headers(), "vary").contains("accept-encoding"));
        let packed = gzip.bytes().await.unwrap();
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.as_ref()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
        assert!(packed.len() < plain.len());
    }
    let refused = node.http().get("/").header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert_eq!(header(refused.headers(), "content-encoding"), "");
}

#[tokio::test]
async fn a_client_that_has_it_gets_304() {
    let node = Node::start(Database::sqlite()).await;
    let tag = header(get(&node, "/").await.headers(), "etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = node.http().get("/security").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(header(again.headers(), "etag"), tag);
    assert_eq!(header(again.headers(), "cache-control"), "no-cache");
    assert_ne!(header(again.headers(), "content-security-policy"), "");
    assert_eq!(again.bytes().await.unwrap().len(), 0);
    let other = node.http().get("/").header("if-none-match", "W/\"0123456789abcdef\"").send().await.unwrap();
    assert_eq!(other.status(), 200);
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let node = Node::start(Database::sqlite()).await;
    let full = get(&node, "/").await;
    let head = node.http().request(Method::HEAD, "/").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(header(head.headers(), "content-length"), header(full.headers(), "content-length"));
    assert_eq!(header(head.headers(), "etag"), header(full.headers(), "etag"));
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answer = node.http().request(method.clone(), "/sign-in").send().await.unwrap();
        assert_eq!(answer.status(), 405, "{method}");
        assert_eq!(header(answer.headers(), "allow"), "GET, HEAD");
    }
}

#[tokio::test]
async fn it_can_be_off_and_is_off_by_default_in_production() {
    let off = Node::on(Database::sqlite()).set("ACCOUNT_PAGE", false).start().await;
    let production = Node::on(Database::sqlite()).production().start().await;
    for node in [off, production] {
        for path in PATHS.into_iter().chain(["/favicon.ico"]) {
            assert_eq!(get(&node, path).await.status(), 404, "{path}");
        }
        assert!(!node.output().contains("in a browser"), "{}", node.output());
    }
}

#[tokio::test]
async fn in_production_it_does_not_link_to_letters() {
    let node = Node::on(Database::sqlite()).production().set("ACCOUNT_PAGE", true).start().await;
    let answer = get(&node, "/").await;
    assert_eq!(answer.status(), 200);
    assert_ne!(header(answer.headers(), "strict-transport-security"), "");
    assert!(!answer.text().await.unwrap().contains("data-mail"));
}

#[tokio::test]
async fn it_works_on_a_free_port_as_on_a_given_one() {
    let node = Node::on(Database::sqlite()).set("FRONTEND_URL", "").mail_to_files().start().await;
    let origin = format!("http://localhost:{}", node.address().port());
    node.printed(&format!("Open {origin} in a browser")).await;
    node.printed(&format!("{origin}/dev/mail")).await;
    let email = another_email("ann");
    let registration = json!({
        "email": email, "password": "seven quiet larches beside a brook", "first_name": "Ann", "last_name": "Lee",
    });
    node.http().ok("auth.register", registration).await;
    let letter = node.mail_folder().letter_to(&email).await;
    assert!(letter.link().starts_with(&format!("{origin}/verify-email?token=")), "{}", letter.link());
    node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
    let credentials = json!({
        "email": email, "password": "seven quiet larches beside a brook", "credentials": "cookie",
    });
    let address = format!("http://{}", node.address());
    for (origin, status) in [(origin.as_str(), 200), (address.as_str(), 200), ("http://127.0.0.1:0", 403)] {
        let answer = node.http().with("origin", origin).exchange("auth.login", credentials.clone()).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}
