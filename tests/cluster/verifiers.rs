//! Both verifiers for other backends follow one of three nodes, and users sign out on the others.

use crate::support::{BACKEND, Call, Cluster, Node, RARE_SWEEP, Session, Verifier, eventually, median, readiness};
use serde_json::json;
use std::time::Duration;

/// Verifiers ask the database every three seconds: what is refused sooner was pushed.
const PUSHED: Duration = Duration::from_secs(2);

/// One verifier per language, on the last node.
async fn verifiers(cluster: &Cluster) -> [Verifier; 2] {
    let endpoint = cluster.nodes[2].service_endpoint().await;
    let (node, python) = tokio::join!(Verifier::in_node(&endpoint), Verifier::in_python(&endpoint));
    [node, python]
}

/// A token for the backend, issued by this node.
async fn token(session: &Session, node: &Node) -> String {
    let token = session.http(node).ok("session.access_token", json!({ "audience": BACKEND })).await;
    token["access_token"].as_str().expect("a token").to_owned()
}

/// Signs out on the nodes that the verifiers do not follow; returns how long after the answer each verifier refused.
async fn refusals(cluster: &Cluster, verifiers: &mut [Verifier; 2], rounds: usize) -> [Vec<Duration>; 2] {
    let person = cluster.nodes[0].registered("ann").await;
    let mut times = [vec![], vec![]];
    for round in 0..rounds {
        let node = &cluster.nodes[round % 2];
        let session = person.sign_in(node).await;
        let token = token(&session, node).await;
        for verifier in &mut *verifiers {
            let good = verifier.verify(&token).await;
            assert_eq!(good["user_id"], session.sign_in["profile"]["id"], "{}: {good}", verifier.language);
        }
        session.http(node).ok("auth.logout", json!({ "scope": "local" })).await;
        let [in_node, in_python] = &mut *verifiers;
        let heard = tokio::join!(in_node.refusal(&token), in_python.refusal(&token));
        for ((why, took), times) in [heard.0, heard.1].into_iter().zip(&mut times) {
            assert_eq!(why, json!({ "code": "session_ended", "reason": "logout" }));
            times.push(took);
        }
    }
    times
}

/// The median of each verifier, by its language.
fn medians(verifiers: &[Verifier; 2], times: [Vec<Duration>; 2]) -> Vec<(&'static str, Duration)> {
    verifiers.iter().map(|verifier| verifier.language).zip(times.map(median)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuse_a_token_right_after_a_logout_on_another_node() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let mut verifiers = verifiers(&cluster).await;
    let times = refusals(&cluster, &mut verifiers, 11).await;
    for (language, median) in medians(&verifiers, times) {
        println!("from the answer to the logout on another node to the refusal in {language}: median {median:?}");
        assert!(median < PUSHED, "{median:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuse_it_within_the_sweep_when_the_bus_is_down() {
    let cluster = Cluster::start("100ms").await;
    cluster.ready().await;
    let mut verifiers = verifiers(&cluster).await;
    cluster.nats.kill().await;
    for node in &cluster.nodes {
        let is_gone = || async { readiness(node).await.1.contains("bus").then_some(()) };
        eventually("the bus is gone", is_gone).await;
    }
    let times = refusals(&cluster, &mut verifiers, 7).await;
    for (language, median) in medians(&verifiers, times) {
        println!("the same without a bus, with a sweep each 100 ms, in {language}: median {median:?}");
        assert!(median < PUSHED, "{median:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuse_what_ended_while_their_feed_was_cut() {
    let mut cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let mut verifiers = verifiers(&cluster).await;
    let person = cluster.nodes[0].registered("ann").await;
    let (before, meanwhile) = (person.sign_in(&cluster.nodes[0]).await, person.sign_in(&cluster.nodes[1]).await);
    let lives_on = token(&person.sign_in(&cluster.nodes[0]).await, &cluster.nodes[0]).await;
    let tokens = [token(&before, &cluster.nodes[0]).await, token(&meanwhile, &cluster.nodes[1]).await];
    before.http(&cluster.nodes[0]).ok("auth.logout", json!({ "scope": "local" })).await;
    for verifier in &mut verifiers {
        verifier.refusal(&tokens[0]).await;
    }
    cluster.nodes[2].kill9().await;
    meanwhile.http(&cluster.nodes[1]).ok("auth.logout", json!({ "scope": "local" })).await;
    for verifier in &mut verifiers {
        let good = verifier.verify(&tokens[1]).await;
        assert!(good.get("user_id").is_some(), "{}: not stale yet, and it cannot know: {good}", verifier.language);
    }
    cluster.nodes[2].restart().await;
    for verifier in &mut verifiers {
        let (why, _) = verifier.refusal(&tokens[1]).await;
        assert_eq!(why, json!({ "code": "session_ended", "reason": "logout" }), "{}", verifier.language);
        let good = verifier.verify(&lives_on).await;
        assert!(good.get("user_id").is_some(), "{}: {good}", verifier.language);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuse_the_tokens_from_before_a_change_of_the_password() {
    let cluster = Cluster::start(RARE_SWEEP).await;
    cluster.ready().await;
    let mut verifiers = verifiers(&cluster).await;
    let [first, second, _] = &cluster.nodes[..] else { panic!("three nodes") };
    let (person, session) = first.signed_in("ann").await;
    let other = person.sign_in(second).await;
    let (older, others) = (token(&session, first).await, token(&other, second).await);
    let change = json!({ "current_password": person.password, "new_password": "another walk by the sea" });
    let changed = session.http(first).ok("auth.change_password", change).await;
    let renewed = first.http().bearer(changed["tokens"]["access_token"].as_str().expect("a token"));
    let newer = renewed.ok("session.access_token", json!({ "audience": BACKEND })).await;
    for verifier in &mut verifiers {
        for (token, code) in [(&older, "renewed"), (&others, "session_ended")] {
            let (why, _) = verifier.refusal(token).await;
            assert_eq!(why, json!({ "code": code, "reason": "password_changed" }), "{}", verifier.language);
        }
        let good = verifier.verify(newer["access_token"].as_str().expect("a token")).await;
        let expected = json!({ "user_id": session.sign_in["profile"]["id"], "version": 1 });
        assert_eq!(good, expected, "{}", verifier.language);
    }
}
