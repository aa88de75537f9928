//! Mail servers that refuse the sender, or are as slow as allowed.

use crate::support::{Database, Mood, Node, PATIENCE, both_databases, marbelle};
use futures_util::future::join_all;
use std::time::Duration;

/// Replies of mail servers about a sender, its name or its quota: they affect every letter, and an operator has to act.
const REFUSALS: [(&str, u16, &str); 5] = [
    ("EHLO", 504, "5.5.2 a full name, please"),
    ("MAIL", 553, "5.7.1 sender address rejected: not owned by user"),
    ("MAIL", 550, "5.4.5 daily sending quota exceeded"),
    ("RCPT", 554, "5.7.1 relay access denied"),
    ("RCPT", 550, "relaying denied, or no such user"),
];

/// A refusal is tried again within 30 s; the rest is for the attempt itself.
const SECOND_ATTEMPT: Duration = Duration::from_secs(40);

both_databases! {
    async fn a_fault_of_the_sender_loses_no_letter_and_raises_an_alarm(database: Database) {
        // The first refusal on the test's own database, the others in parallel, since each takes a while.
        let others = if matches!(database, Database::Sqlite) { &REFUSALS[1..] } else { &[] };
        let stories = others.iter().map(|refusal| refused(Database::sqlite(), *refusal));
        tokio::join!(refused(database, REFUSALS[0]), join_all(stories));
    }
}

/// Two letters are refused in this way, and sent when the fault is fixed.
async fn refused(database: Database, (stage, code, words): (&'static str, u16, &'static str)) {
    let node = Node::start(database).await;
    node.smtp.be(Mood::RefuseSender(stage, code, words));
    let (ann, bob) = (node.unverified("ann").await, node.unverified("bob").await);
    node.smtp.refused(2).await;
    node.smtp.be(Mood::Accept);
    for person in [ann, bob] {
        node.smtp.letter_within(SECOND_ATTEMPT, &person.email).await;
        assert_eq!(node.smtp.letters_to(&person.email).len(), 1, "{code} at {stage}");
    }
    let metrics = node.http().get("/metrics").send().await.unwrap().text().await.unwrap();
    let held_up = metrics.lines().find_map(|line| line.strip_prefix("marbelle_mails_total{outcome=\"held_up\"} "));
    let held_up: usize = held_up.expect("the metric").parse().expect("a count");
    assert!(held_up >= 2, "{held_up}");
    assert!(metrics.contains("marbelle_mails_total{outcome=\"given_up\"} 0"), "{metrics}");
    let output = node.output();
    assert_eq!(output.matches("not for its recipient's address").count(), 1, "logged once in a while:\n{output}");
    assert!(!output.contains(words), "a server's words may repeat the recipient:\n{output}");
}

/// 22 s for the greeting and 22 s after the message: longer than a claim holds without renewal, shorter than RFC 5321
/// allows. Two nodes look at the outbox all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_as_slow_as_it_may_be_gets_each_letter_once() {
    const SLOW: Duration = Duration::from_secs(22);
    let (first, second) = Node::pair().await;
    first.smtp.be(Mood::Slow(SLOW));
    let person = first.unverified("ann").await;
    first.smtp.letter_within(SLOW * 2, &person.email).await;
    // The other node would have started by now, and its greeting would be over; the next letter comes after it.
    first.smtp.be(Mood::Accept);
    let marker = second.unverified("marker").await;
    first.smtp.letter_to(&marker.email).await;
    tokio::time::sleep(SLOW).await;
    assert_eq!(first.smtp.letters_to(&person.email).len(), 1, "sent once");
    for node in [&first, &second] {
        assert!(!node.output().contains("letter not sent"), "{}", node.output());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_tests_the_delivery_of_letters() {
    let node = Node::on(Database::sqlite()).set("MAIL_HELO", "out.shop.example").start().await;
    let output = node.command(&["mail", "test", "ops@shop.example"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let letter = node.smtp.letter_to("ops@shop.example").await;
    assert!(letter.text.contains("marbelle mail test") && letter.html.contains("marbelle mail test"), "{}", letter.raw);
    assert!(String::from_utf8_lossy(&output.stdout).contains("EHLO out.shop.example"));

    node.smtp.be(Mood::RefuseSender("RCPT", 554, "5.7.1 relay access denied"));
    let output = node.command(&["mail", "test", "ops@shop.example"]).await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    for words in ["RCPT TO", "554 5.7.1 relay access denied", "MARBELLE_MAIL_FROM"] {
        assert!(message.contains(words), "{words} is not in\n{message}");
    }
}

#[tokio::test]
async fn a_test_letter_needs_no_database() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let settings = [("MARBELLE_DATA_DIR", data), ("MARBELLE_MAIL_FROM", "Larch <post@b\u{fc}cher.example>")];
    let send = tokio::time::timeout(PATIENCE, marbelle(&["mail", "test", "ops@shop.example"], &settings));
    let output = send.await.expect("an answer");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let names: Vec<_> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["mail"], "neither keys nor a database");
    let file = std::fs::read_dir(folder.path().join("data/mail")).unwrap().next().unwrap().unwrap().path();
    assert!(std::fs::read_to_string(file).unwrap().contains("post@xn--bcher-kva.example"));
}
