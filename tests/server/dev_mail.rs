//! `/dev/mail`: the letters of a development server, in a browser on the same machine.

use crate::support::{Call, Database, Http, Letter, Node, PASSWORD, another_email};
use reqwest::{Method, Response};
use serde_json::json;

/// A possible name of a shop, which must be escaped in markup.
const SHOP: &str = "Larch <script>alert(1)</script> & Co";

async fn node() -> Node {
    Node::on(Database::sqlite()).set("SHOP_NAME", SHOP).mail_to_files().start().await
}

async fn get(http: &Http, path: &str) -> Response {
    http.get(path).send().await.unwrap()
}

async fn page(node: &Node, path: &str) -> String {
    let answer = get(&node.http(), path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// Registers a person; returns the letter once it is written.
async fn registered(node: &Node, name: &str) -> (String, Letter) {
    let email = another_email(name);
    let registration = json!({ "email": email, "password": PASSWORD, "first_name": "Ann", "last_name": "Lee" });
    node.http().ok("auth.register", registration).await;
    let letter = node.mail_folder().letter_to(&email).await;
    (email, letter)
}

/// The paths of the letters that a list leads to.
fn listed(list: &str) -> Vec<&str> {
    list.split('"').filter(|text| text.starts_with("/dev/mail/")).collect()
}

#[tokio::test]
async fn a_letter_is_one_click_from_its_link() {
    let node = node().await;
    assert!(page(&node, "/dev/mail").await.contains("There is none yet"));
    let (email, letter) = registered(&node, "ann").await;
    let list = page(&node, "/dev/mail").await;
    assert!(list.contains(&email), "{list}");
    let [path] = listed(&list)[..] else { panic!("one letter in {list}") };
    let shown = page(&node, path).await;
    assert!(shown.contains(&email), "{shown}");
    let link = format!("<a href=\"{0}\">{0}</a>", letter.link());
    assert!(shown.contains(&link), "{link} in {shown}");
    node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
    assert!(page(&node, "/").await.contains(" data-mail=\"/dev/mail\""));
}

#[tokio::test]
async fn letters_are_listed_newest_first_and_by_address() {
    let node = node().await;
    let (ann, _) = registered(&node, "ann+1").await;
    let (bob, _) = registered(&node, "bob").await;
    let list = page(&node, "/dev/mail").await;
    assert_eq!(listed(&list).len(), 2, "{list}");
    assert!(list.find(&bob) < list.find(&ann), "{list}");
    for to in [ann.clone(), ann.replace('+', "%2B").replace('@', "%40"), ann.to_uppercase()] {
        let list = page(&node, &format!("/dev/mail?x=y&to={to}")).await;
        assert_eq!(listed(&list).len(), 1, "{to}: {list}");
        assert!(!list.contains(&bob), "{list}");
    }
    let nobody = page(&node, "/dev/mail?to=%3Cb%3Enobody%22%3E").await;
    assert!(nobody.contains("There is none yet") && !nobody.contains("<b>"), "{nobody}");
}

#[tokio::test]
async fn letters_are_shown_as_text() {
    let node = node().await;
    registered(&node, "ann").await;
    let list = page(&node, "/dev/mail").await;
    let letter = page(&node, listed(&list)[0]).await;
    for shown in [&list, &letter] {
        assert!(!shown.contains("<script"), "{shown}");
        assert!(shown.contains("Larch &#60;script&#62;alert(1)&#60;/script&#62; &#38; Co"), "{shown}");
    }
    let id = "019a0000-0000-7000-8000-000000000000";
    let raw = "To: ann@example.org\r\nSubject: <img src=x onerror=alert(1)>\r\n\r\nhttps://x.org/\"><script>\r\n";
    std::fs::write(node.data().join(format!("mail/{id}.eml")), raw).unwrap();
    let forged = page(&node, &format!("/dev/mail/{id}")).await;
    assert!(!forged.contains("<img") && !forged.contains("<script") && !forged.contains("href=\"https://x.org/\"><"));
}

#[tokio::test]
async fn its_pages_run_no_script_and_are_not_cached() {
    let node = node().await;
    registered(&node, "ann").await;
    let list = page(&node, "/dev/mail").await;
    for path in ["/dev/mail", listed(&list)[0]] {
        let answer = get(&node.http(), path).await;
        let text = |name: &str| answer.headers()[name].to_str().unwrap();
        assert_eq!(text("content-type"), "text/html; charset=utf-8");
        assert_eq!(text("cache-control"), "no-store");
        assert_eq!(text("referrer-policy"), "no-referrer");
        assert_eq!(text("x-frame-options"), "DENY");
        let policy = text("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
    }
    let loaded = list.split('"').filter(|text| text.starts_with("/assets/"));
    for path in loaded {
        assert_eq!(get(&node.http(), path).await.status(), 200, "{path}");
    }
    assert_eq!(node.http().request(Method::HEAD, "/dev/mail").send().await.unwrap().status(), 200);
    assert_eq!(node.http().request(Method::POST, "/dev/mail").send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn only_files_of_letters_are_read() {
    let node = node().await;
    registered(&node, "ann").await;
    for path in [
        "/dev/mail/",
        "/dev/mail/x",
        "/dev/mail/019a0000-0000-7000-8000-000000000000",
        "/dev/mail/..%2f..%2fmarbelle.db",
        "/dev/mail/%2e%2e/marbelle.db",
        "/dev/mail/..%2fmail%2f019a0000-0000-7000-8000-000000000000",
        "/dev/mail//etc/passwd",
        "/dev/mail/%00",
        "/dev/mails",
        "/dev",
    ] {
        // Not through a client that normalises the path first.
        let (status, body) = raw(&node, path, &node.address().to_string()).await;
        assert_eq!(status, 404, "{path}: {body}");
        assert!(!body.contains("SQLite") && !body.contains("root:"), "{path}: {body}");
    }
}

#[tokio::test]
async fn no_other_name_and_no_proxy_reads_them() {
    let node = node().await;
    let port = node.address().port();
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        (format!("[::1]:{port}"), 200),
        ("evil.example".to_owned(), 403),
        (format!("localhost.evil.example:{port}"), 403),
        ("192.168.1.7".to_owned(), 403),
    ] {
        assert_eq!(raw(&node, "/dev/mail", &host).await.0, status, "{host}");
    }
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-host"] {
        let answer = node.http().get("/dev/mail").header(name, "for=203.0.113.9").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}");
    }
}

#[tokio::test]
async fn it_exists_only_in_development_with_mail_files() {
    let by_smtp = Node::start(Database::sqlite()).await;
    assert!(!page(&by_smtp, "/").await.contains("data-mail"));
    let production = Node::on(Database::sqlite()).production();
    let folder = tempfile::tempdir().unwrap();
    let production = production.set("MAIL_URL", format!("file://{}", folder.path().display())).start().await;
    for node in [by_smtp, production] {
        for path in ["/dev/mail", "/dev/mail/019a0000-0000-7000-8000-000000000000"] {
            assert_eq!(get(&node.http(), path).await.status(), 404, "{path}");
        }
        assert!(!node.output().contains("/dev/mail"), "{}", node.output());
    }
    let without_page = Node::on(Database::sqlite()).mail_to_files().set("ACCOUNT_PAGE", false).start().await;
    assert!(!page(&without_page, "/dev/mail").await.contains("href=\"/\""));
}

/// `GET` of a path as it is written, under any name; the status and the body.
async fn raw(node: &Node, path: &str, host: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(node.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
