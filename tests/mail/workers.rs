//! Three nodes send the letters of one outbox.

use crate::support::{Call, Cluster, Letter, Mood, Node, RARE_SWEEP, eventually};
use std::{collections::BTreeSet, time::Duration};

/// The claim of a dead worker lapses, and another worker polls again.
const TAKEN_OVER: Duration = Duration::from_secs(60);

async fn verify(node: &Node, letter: &Letter) {
    node.http().ok("auth.verify_email", crate::support::verification(letter.token())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_letter_is_sent_once() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    let mut people = Vec::new();
    for i in 0..60 {
        people.push(cluster.nodes[i % 3].unverified("ann").await);
    }
    let mut ids = BTreeSet::new();
    for (i, person) in people.iter().enumerate() {
        let letter = cluster.smtp.letter_to(&person.email).await;
        verify(&cluster.nodes[(i + 1) % 3], &letter).await;
        ids.insert(letter.message_id);
    }
    assert_eq!(ids.len(), people.len());
    for person in &people {
        assert_eq!(cluster.smtp.letters_to(&person.email).len(), 1, "a letter was sent twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_is_lost_when_nodes_are_killed_while_sending() {
    let mut cluster = Cluster::start(RARE_SWEEP).await;
    cluster.nodes[2].signal("-STOP").await; // it claims nothing yet
    cluster.smtp.be(Mood::Hang);
    let mut people = Vec::new();
    for i in 0..6 {
        people.push(cluster.nodes[i % 2].unverified("ann").await);
        cluster.smtp.connected(i + 1).await; // claimed, and on its way
    }
    cluster.nodes[0].kill9().await;
    cluster.nodes[1].kill9().await;
    cluster.smtp.be(Mood::Accept);
    cluster.nodes[2].signal("-CONT").await;
    for person in &people {
        let letter = cluster.smtp.letter_within(TAKEN_OVER, &person.email).await;
        verify(&cluster.nodes[2], &letter).await;
        assert_eq!(cluster.smtp.letters_to(&person.email).len(), 1);
    }
}

/// The server has answered 250, and the node dies before it can record that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_was_sent_and_not_marked_is_repeated_with_the_same_message_id() {
    let mut cluster = Cluster::start(RARE_SWEEP).await;
    cluster.smtp.be(Mood::Wait);
    for node in &cluster.nodes[1..] {
        node.signal("-STOP").await; // the first node claims the letter
    }
    let person = cluster.nodes[0].unverified("ann").await;
    cluster.smtp.connected(1).await; // claimed, and on its way
    let mut holder = cluster.nodes[0].database.connect().await;
    let sql = "BEGIN; LOCK TABLE mail_outbox IN EXCLUSIVE MODE";
    sqlx::raw_sql(sql).execute(&mut holder).await.expect("marking fails now");
    cluster.smtp.be(Mood::Accept);
    let first = cluster.smtp.letter_to(&person.email).await;
    let marking = || async {
        let mut watcher = cluster.nodes[0].database.connect().await;
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock' AND query LIKE '%sent_at = %'";
        let (waiting,): (i64,) = sqlx::query_as(sql).fetch_one(&mut watcher).await.expect("the waiting");
        (waiting > 0).then_some(())
    };
    eventually("a mark that waits", marking).await;
    cluster.nodes[0].kill9().await;
    for node in &cluster.nodes[1..] {
        node.signal("-CONT").await;
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.expect("marking works again");
    let second = cluster.smtp.letter_within(TAKEN_OVER, &person.email).await;
    assert_eq!(first.message_id, second.message_id, "recognisably one letter if received twice");
    assert_eq!(first.token(), second.token());
    verify(&cluster.nodes[1], &second).await;
}
