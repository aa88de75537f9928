use super::*;

const CHEAP: Argon2Settings = Argon2Settings { memory_kib: 64, passes: 1, lanes: 1 };

fn password(raw: &str) -> Password {
    Password::presented(raw).unwrap()
}

#[tokio::test]
async fn a_hashed_password_verifies_and_no_other_does() {
    let hasher = PasswordHasher::new(CHEAP, 2, 8).unwrap();
    let stored = hasher.hash(&password("right"), Queue::Strangers).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    let verified = |raw, stored| {
        let hasher = &hasher;
        async move { hasher.verify(&password(raw), stored, None, Queue::Strangers).await.unwrap() }
    };
    assert_eq!(verified("right", Some(&*stored)).await, Verified { ok: true, outdated: false });
    assert_eq!(verified("wrong", Some(&*stored)).await, Verified { ok: false, outdated: false });
    assert!(!verified("right", None).await.ok);
    assert_ne!(stored, hasher.hash(&password("right"), Queue::Strangers).await.unwrap(), "salted");
    assert!(matches!(
        hasher.verify(&password("x"), Some("nonsense"), None, Queue::Strangers).await,
        Err(HashError::Stored(_))
    ));
}

#[tokio::test]
async fn an_unknown_account_takes_the_same_work() {
    let hasher = PasswordHasher::new(CHEAP, 1, 8).unwrap();
    let stored = hasher.hash(&password("right"), Queue::Strangers).await.unwrap();
    let mut work = Vec::new();
    for stored in [Some(&*stored), None] {
        let before = hasher.hashes_computed();
        hasher.verify(&password("wrong"), stored, None, Queue::Strangers).await.unwrap();
        work.push(hasher.hashes_computed() - before);
    }
    assert_eq!(work, [1, 1]);
}

#[tokio::test]
async fn other_parameters_are_outdated_and_still_verify() {
    let old = PasswordHasher::new(CHEAP, 1, 8).unwrap().hash(&password("right"), Queue::Strangers).await.unwrap();
    for settings in [
        Argon2Settings { memory_kib: 65, ..CHEAP },
        Argon2Settings { passes: 2, ..CHEAP },
        Argon2Settings { lanes: 2, ..CHEAP },
    ] {
        let hasher = PasswordHasher::new(settings, 1, 8).unwrap();
        let verified = hasher.verify(&password("right"), Some(&old), None, Queue::Strangers).await.unwrap();
        assert_eq!(verified, Verified { ok: true, outdated: true }, "{settings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_beyond_the_queue_learn_when_to_retry() {
    let hasher = Arc::new(PasswordHasher::new(Argon2Settings { memory_kib: 8192, ..CHEAP }, 1, 2).unwrap());
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move { hasher.hash(&password("right"), Queue::Strangers).await })
        })
        .collect();
    let mut refused = 0;
    for caller in callers {
        if let Err(error) = caller.await.unwrap() {
            assert!(matches!(error, HashError::Busy { retry_after } if !retry_after.is_zero()), "{error}");
            refused += 1;
        }
    }
    assert!((1..=17).contains(&refused), "{refused}");
    assert!(hasher.hash(&password("right"), Queue::Strangers).await.is_ok(), "places are returned");
}

#[tokio::test]
async fn estimates_wait_in_the_queue_of_the_hashes() {
    let hasher = PasswordHasher::new(CHEAP, 1, 0).unwrap();
    assert_eq!(hasher.estimate(Queue::Known, || 7).await, Ok(7));
    let thread = Arc::clone(&hasher.threads.slots).acquire_owned().await.unwrap();
    let refused = hasher.estimate(Queue::Known, || 7).await;
    assert!(matches!(refused, Err(HashError::Busy { .. })), "{refused:?}");
    drop(thread);
    assert_eq!(
        hasher.estimate(Queue::Known, || std::thread::current().id()).await.map(|id| id == std::thread::current().id()),
        Ok(false)
    );
}

#[tokio::test]
async fn a_caller_that_stops_waiting_returns_its_place() {
    let hasher = PasswordHasher::new(CHEAP, 1, 1).unwrap();
    let slot = Arc::clone(&hasher.threads.slots).acquire_owned().await.unwrap();
    for _ in 0..3 {
        let gone =
            tokio::time::timeout(Duration::from_millis(5), hasher.hash(&password("right"), Queue::Strangers)).await;
        assert!(gone.is_err());
    }
    drop(slot);
    assert!(hasher.hash(&password("right"), Queue::Strangers).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn reused_memory_changes_no_hash_and_is_released_when_nobody_waits() {
    let hasher = Arc::new(PasswordHasher::new(CHEAP, 2, 64).unwrap());
    let stored: Arc<str> = hasher.hash(&password("right"), Queue::Strangers).await.unwrap().into();
    let callers: Vec<_> = (0..40)
        .map(|n| {
            let (hasher, stored) = (Arc::clone(&hasher), Arc::clone(&stored));
            tokio::spawn(async move {
                let raw = if n % 2 == 0 { "right" } else { "wrong" };
                (n % 2 == 0, hasher.verify(&password(raw), Some(&stored), None, Queue::Strangers).await.unwrap().ok)
            })
        })
        .collect();
    for caller in callers {
        let (expected, ok) = caller.await.unwrap();
        assert_eq!(ok, expected);
    }
    assert!(hasher.verify(&password("right"), Some(&stored), None, Queue::Strangers).await.unwrap().ok);
    assert!(hasher.work.memory.is_empty());
}

const PBKDF2: &str = "pbkdf2_sha256$1500$s497579199634$hIcTAtCvKrINACungyrRLb4379Y9aQzmf/WzFKTQEI8=";

#[tokio::test]
async fn a_hash_of_django_is_compared_as_typed_and_then_trimmed() {
    let hasher = PasswordHasher::new(CHEAP, 1, 8).unwrap();
    let cost = hasher.cost_of(PBKDF2).unwrap();
    assert_eq!(cost.map(|cost| cost.to_string()).as_deref(), Some("pbkdf2_sha256:1500"));
    for (raw, ok, hashes) in [
        ("Pässwörd–ﬁn ⅷ", true, 1),
        ("\u{a0} Pässwörd–ﬁn ⅷ\t\u{1c}", true, 2),
        ("Pässwörd–fin viii", false, 1),
        (" Pässwörd–fin viii", false, 2),
    ] {
        for stored in [Some(PBKDF2), None] {
            let before = hasher.work().get(&cost).copied().unwrap_or_default();
            let verified = hasher.verify(&password(raw), stored, cost, Queue::Strangers).await.unwrap();
            assert_eq!(verified, Verified { ok: ok && stored.is_some(), outdated: true }, "{raw:?}");
            assert_eq!(hasher.work()[&cost] - before, hashes, "{raw:?}, {stored:?}");
        }
    }
    let native = hasher.hash(&password("ﬁn"), Queue::Strangers).await.unwrap();
    assert_eq!(hasher.cost_of(&native), Ok(None));
    for typed in ["ﬁn", "fin"] {
        let verified = hasher.verify(&password(typed), Some(&native), None, Queue::Strangers).await.unwrap();
        assert_eq!(verified, Verified { ok: true, outdated: false }, "NFKC from then on");
    }
}

#[tokio::test]
async fn an_argon2_hash_made_without_nfkc_is_compared_as_typed_too() {
    let hasher = PasswordHasher::new(CHEAP, 1, 8).unwrap();
    let foreign = hasher.work.encode("ﬁn".as_bytes()).unwrap();
    let verified = hasher.verify(&password("ﬁn"), Some(&foreign), None, Queue::Strangers).await.unwrap();
    assert_eq!(verified, Verified { ok: true, outdated: true });
    assert!(!hasher.verify(&password("fin"), Some(&foreign), None, Queue::Strangers).await.unwrap().ok);
    let with_djangos_name = format!("argon2{foreign}");
    assert!(hasher.verify(&password(" ﬁn "), Some(&with_djangos_name), None, Queue::Strangers).await.unwrap().ok);
    assert!(hasher.cost_of(&with_djangos_name).unwrap().is_some());
}

/// The order in which callers get the one thread, which is busy while they queue up.
async fn order_of(callers: &[Queue]) -> Vec<Queue> {
    let hasher = Arc::new(PasswordHasher::new(CHEAP, 1, 64).unwrap());
    let taken = hasher.threads.slot(Queue::Strangers, Duration::ZERO).await.unwrap();
    let (served, mut order) = tokio::sync::mpsc::unbounded_channel();
    for (n, queue) in callers.iter().copied().enumerate() {
        let (caller, served) = (Arc::clone(&hasher), served.clone());
        // As long as a hash takes, during which the next caller gets in line.
        let hash = move |_: &Work| {
            std::thread::sleep(Duration::from_millis(2));
            Ok(served.send(queue))
        };
        tokio::spawn(async move { caller.run(queue, hash).await });
        while hasher.waiting() <= n {
            tokio::task::yield_now().await;
        }
    }
    drop((taken, served));
    let mut served = Vec::new();
    while let Some(queue) = order.recv().await {
        served.push(queue);
    }
    served
}

#[tokio::test]
async fn each_queue_has_its_share_however_long_the_other_is() {
    use Queue::{Known, Strangers};
    let flood_and_one = |flood, one| [vec![flood; 40], vec![one]].concat();
    for (flood, one) in [(Strangers, Known), (Known, Strangers)] {
        let order = order_of(&flood_and_one(flood, one)).await;
        assert_eq!(order.len(), 41);
        assert!(order[..2].contains(&one), "{one:?} among the first two: {order:?}");
    }
    let order = order_of(&[vec![Strangers; 20], vec![Known; 20]].concat()).await;
    for pair in order[1..39].chunks(2) {
        assert!(pair.contains(&Known) && pair.contains(&Strangers), "they take turns: {order:?}");
    }
}

#[tokio::test]
async fn a_full_queue_does_not_affect_the_other() {
    let hasher = Arc::new(PasswordHasher::new(CHEAP, 1, 2).unwrap());
    let taken = hasher.threads.slot(Queue::Strangers, Duration::ZERO).await.unwrap();
    let waiting = [Queue::Strangers, Queue::Strangers, Queue::Known].map(|queue| {
        let hasher = Arc::clone(&hasher);
        tokio::spawn(async move { hasher.hash(&password("right"), queue).await })
    });
    while hasher.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    let refused = hasher.hash(&password("right"), Queue::Strangers).await;
    assert!(matches!(refused, Err(HashError::Busy { .. })));
    drop(taken);
    for caller in waiting {
        assert!(caller.await.unwrap().is_ok());
    }
}
