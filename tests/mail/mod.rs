//! Letters: what they look like, and that they arrive.

mod allowances;
mod letters;
mod refusals;
mod workers;

use crate::support::{Call, Database, Mood, Node, Person, Smtp, another_email, both_databases, soon};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

both_databases! {
    async fn a_letter_is_complete(database: Database) {
        let node = Node::on(database)
            .set("MAIL_FROM", "Larch & Co <accounts@larch.example>")
            .set("SHOP_NAME", "Larch <i>& Co")
            .set("FRONTEND_URL", "http://localhost:3000/shop")
            .start()
            .await;
        let person = node.unverified("ann").await;
        let letter = node.smtp.letter_to(&person.email).await;
        assert_eq!(letter.from, "accounts@larch.example");
        assert!(letter.message_id.contains('@'), "{}", letter.message_id);
        assert!(letter.link().starts_with("http://localhost:3000/shop/verify-email?token="), "{}", letter.link());
        assert!(letter.subject.contains("Larch <i>& Co") || letter.text.contains("Larch <i>& Co"));
        assert!(!letter.html.contains("Larch <i>"), "text is escaped in HTML: {}", letter.html);
        assert!(letter.html.contains("Larch &lt;i&gt;") || letter.html.contains("Larch &#60;i&#62;"), "{}", letter.html);
        assert!(letter.html.contains(&format!("href=\"{}\"", letter.link())), "{}", letter.html);
        assert!(!letter.text.contains("</") && !letter.text.contains("<a"), "the text part is text: {}", letter.text);
        assert!(letter.raw.lines().all(|line| line.len() <= 998), "RFC 5322 §2.1.1");

        let other = node.unverified("bob").await;
        let second = node.smtp.letter_to(&other.email).await;
        assert_ne!(letter.message_id, second.message_id);
        assert_eq!((letter.to, second.to), (vec![person.email], vec![other.email]), "a letter each");
    }

    async fn a_temporary_refusal_is_retried(database: Database) {
        let node = Node::start(database).await;
        node.smtp.be(Mood::RefuseForNow);
        let person = node.unverified("ann").await;
        node.smtp.refused(1).await;
        node.smtp.be(Mood::Accept);
        let letter = node.smtp.letter_within(Duration::from_secs(35), &person.email).await;
        node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
        assert_eq!(node.smtp.letters_to(&person.email).len(), 1);
    }

    async fn letters_wait_for_a_server_that_is_down(database: Database) {
        let node = Node::start(database).await;
        node.smtp.down();
        let (ann, bob) = (node.unverified("ann").await, node.unverified("bob").await);
        node.smtp.up().await;
        let mut ids = BTreeSet::new();
        for person in [ann, bob] {
            let letter = node.smtp.letter_within(Duration::from_secs(35), &person.email).await;
            ids.insert(letter.message_id.clone());
            node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
        }
        assert_eq!(ids.len(), 2);
    }

    async fn a_server_that_hangs_or_refuses_delays_no_call(database: Database) {
        let node = Node::start(database).await;
        let (_, session) = node.signed_in("ann").await;
        for mood in [Mood::Hang, Mood::RefuseForGood] {
            node.smtp.be(mood);
            for _ in 0..5 {
                soon("an answer without the mail server", node.unverified("bob")).await;
            }
            soon("an answer", session.http(&node).ok("profile.get", json!({}))).await;
        }
    }

    async fn a_permanent_refusal_holds_up_no_other_letter(database: Database) {
        let node = Node::start(database).await;
        node.smtp.be(Mood::RefuseForGood);
        let lost = node.unverified("ann").await;
        node.smtp.refused(1).await;
        node.smtp.be(Mood::Accept);
        let person = node.unverified("bob").await;
        node.smtp.letter_to(&person.email).await;
        assert_eq!(node.smtp.letters_to(&lost.email).len(), 0);
    }

    async fn many_letters_arrive_once_each(database: Database) {
        let node = Node::start(database).await;
        let emails: Vec<String> = (0..30).map(|_| another_email("ann")).collect();
        for email in &emails {
            let person = Person { email: email.clone(), password: crate::support::PASSWORD.into() };
            node.http().ok("auth.register", person.registration()).await;
        }
        for email in &emails {
            node.smtp.letter_to(email).await;
            assert_eq!(node.smtp.letters_to(email).len(), 1);
        }
    }

    async fn in_development_letters_are_files(database: Database) {
        let node = Node::on(database).mail_to_files().start().await;
        let person = node.unverified("ann").await;
        let letter = node.mail_folder().letter_to(&person.email).await;
        assert_eq!(letter.to, std::slice::from_ref(&person.email));
        assert_eq!(letter.from, "no-reply@localhost");
        node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
        person.sign_in(&node).await;
        assert_eq!(node.mail_folder().letters().len(), 1);
    }
}

/// All nodes share one outbox: each letter is sent once, by any of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_send_each_letter_once() {
    let database = Database::postgres().await;
    let smtp = Smtp::start().await;
    let node = || Node::on(database.clone()).shared_keys().smtp(&smtp).start();
    let (first, second) = tokio::join!(node(), node());
    let mut people = Vec::new();
    for i in 0..20 {
        people.push(if i % 2 == 0 { first.unverified("ann").await } else { second.unverified("bob").await });
    }
    for person in &people {
        let letter = smtp.letter_to(&person.email).await;
        second.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
        assert_eq!(smtp.letters_to(&person.email).len(), 1);
    }
}
