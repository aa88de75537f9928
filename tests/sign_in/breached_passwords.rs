//! `MARBELLE_BREACHED_PASSWORDS_URL`: breached passwords are refused.

use crate::support::{Call, Database, Node, both_databases, soon};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

const STOLEN: &str = "seven quiet herons beside a mill";
const FINE: &str = "nine loud larches above the sea";

/// A list that answers every request in this way, or never. The channel gets its requests.
async fn list(answer: Option<String>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/range/", listener.local_addr().expect("an address"));
    let (asked, questions) = mpsc::unbounded_channel();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (asked, answer) = (asked.clone(), answer.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.expect("a request"));
                }
                let _ = asked.send(String::from_utf8(head).expect("text"));
                match answer.as_ref() {
                    Some(answer) => stream.write_all(answer.as_bytes()).await.expect("an answer"),
                    None => drop(stream.read_u8().await), // silent until the peer hangs up
                }
            });
        }
    });
    (url, questions)
}

fn ok(body: &str) -> Option<String> {
    let length = body.len();
    Some(format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"))
}

fn registration(password: &str) -> Value {
    json!({ "email": "ann@example.test", "password": password, "first_name": "Ann" })
}

/// The first five characters of a SHA-1, and the rest.
fn suffix(password: &str) -> (String, String) {
    let hash = marbelle::crypto::sha1::sha1_hex(password);
    (hash[..5].to_owned(), hash[5..].to_owned())
}

async fn unanswered(node: &Node) -> String {
    let metrics = node.http().get("/metrics").send().await.expect("an answer").text().await.expect("text");
    let line = metrics.lines().find(|line| line.starts_with("marbelle_breached_passwords_unanswered_total "));
    line.expect("the metric").split(' ').nth(1).expect("a number").to_owned()
}

both_databases! {
    async fn a_breached_password_is_refused_wherever_one_is_chosen(database: Database) {
        let (prefix, rest) = suffix(STOLEN);
        let padding = format!("{}:0\r\n{rest}:17\r\n", "0".repeat(35));
        let (url, mut questions) = list(ok(&padding)).await;
        let node = Node::on(database).set("BREACHED_PASSWORDS_URL", url).start().await;
        let (person, session) = node.signed_in("ann").await;
        while questions.try_recv().is_ok() {}
        node.http().invalid(&[("password", &["breached"])], "auth.register", registration(STOLEN)).await;
        let question = soon("a question", questions.recv()).await.expect("one");
        assert!(question.starts_with(&format!("GET /range/{prefix} HTTP/1.1\r\n")), "{question}");
        assert!(question.to_lowercase().contains("\r\nadd-padding: true\r\n"), "{question}");
        assert!(!question.contains(&rest[..8]), "five characters leave the process: {question}");

        let change = |new: &str| json!({ "current_password": person.password, "new_password": new });
        session.http(&node).invalid(&[("new_password", &["breached"])], "auth.change_password", change(STOLEN)).await;
        node.http().ok("auth.request_password_reset", json!({ "email": person.email })).await;
        let token = node.smtp.letter_saying(&person.email, "/password-reset?token=").await.token();
        let reset = |new: &str| json!({ "token": token, "new_password": new });
        node.http().invalid(&[("new_password", &["breached"])], "auth.confirm_password_reset", reset(STOLEN)).await;
        node.http().ok("auth.confirm_password_reset", reset(FINE)).await;
        assert_eq!(unanswered(&node).await, "0");
    }

    async fn an_unanswered_or_invalid_check_accepts_the_password_and_is_counted(database: Database) {
        let (_, rest) = suffix(STOLEN);
        let error = format!("HTTP/1.1 503 Busy\r\nContent-Length: 38\r\n\r\n{rest}:17");
        let elsewhere = format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 38\r\n\r\n{rest}:17");
        for answer in [None, ok("<html>"), Some(error), Some(elsewhere), Some("nonsense\r\n\r\n".to_owned())] {
            let (url, mut questions) = list(answer.clone()).await;
            let node = Node::on(database.clone()).set("BREACHED_PASSWORDS_URL", url).start().await;
            let registering = node.http();
            let registered = registering.ok("auth.register", registration(STOLEN));
            tokio::time::timeout(Duration::from_secs(8), registered).await.expect("within little more than a second");
            soon("a question", questions.recv()).await.expect("one");
            assert_eq!(unanswered(&node).await, "1", "{answer:?}");
        }
    }
}
