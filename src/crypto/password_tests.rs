use super::*;

const CHEAP: Argon2Settings = Argon2Settings { memory_kib: 64, passes: 1, lanes: 1 };

fn password(raw: &str) -> Password {
    Password::presented(raw).unwrap()
}

#[tokio::test]
async fn what_was_hashed_verifies_and_nothing_else() {
    let hasher = PasswordHasher::new(CHEAP, 2, 8).unwrap();
    let stored = hasher.hash(&password("right")).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    let verified = |raw, stored| {
        let hasher = &hasher;
        async move { hasher.verify(&password(raw), stored).await.unwrap() }
    };
    assert_eq!(verified("right", Some(&*stored)).await, Verified { ok: true, outdated: false });
    assert_eq!(verified("wrong", Some(&*stored)).await, Verified { ok: false, outdated: false });
    assert!(!verified("right", None).await.ok);
    assert_ne!(stored, hasher.hash(&password("right")).await.unwrap(), "salted");
    assert!(matches!(hasher.verify(&password("x"), Some("nonsense")).await, Err(HashError::Stored(_))));
}

#[tokio::test]
async fn an_unknown_account_takes_the_same_work() {
    let hasher = PasswordHasher::new(CHEAP, 1, 8).unwrap();
    let stored = hasher.hash(&password("right")).await.unwrap();
    let mut work = Vec::new();
    for stored in [Some(&*stored), None] {
        let before = hasher.hashes_computed();
        hasher.verify(&password("wrong"), stored).await.unwrap();
        work.push(hasher.hashes_computed() - before);
    }
    assert_eq!(work, [1, 1]);
}

#[tokio::test]
async fn other_parameters_are_outdated_and_still_verify() {
    let old = PasswordHasher::new(CHEAP, 1, 8).unwrap().hash(&password("right")).await.unwrap();
    for settings in [
        Argon2Settings { memory_kib: 65, ..CHEAP },
        Argon2Settings { passes: 2, ..CHEAP },
        Argon2Settings { lanes: 2, ..CHEAP },
    ] {
        let hasher = PasswordHasher::new(settings, 1, 8).unwrap();
        let verified = hasher.verify(&password("right"), Some(&old)).await.unwrap();
        assert_eq!(verified, Verified { ok: true, outdated: true }, "{settings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_queue_callers_are_told_when_to_come_back() {
    let hasher = Arc::new(PasswordHasher::new(Argon2Settings { memory_kib: 8192, ..CHEAP }, 1, 2).unwrap());
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move { hasher.hash(&password("right")).await })
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
    assert!(hasher.hash(&password("right")).await.is_ok(), "places are given back");
}

#[tokio::test]
async fn a_caller_that_goes_away_gives_its_place_back() {
    let hasher = PasswordHasher::new(CHEAP, 1, 1).unwrap();
    let slot = Arc::clone(&hasher.slots).acquire_owned().await.unwrap();
    for _ in 0..3 {
        let gone = tokio::time::timeout(Duration::from_millis(5), hasher.hash(&password("right"))).await;
        assert!(gone.is_err());
    }
    drop(slot);
    assert!(hasher.hash(&password("right")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_memory_changes_no_hash_and_goes_when_nobody_waits() {
    let hasher = Arc::new(PasswordHasher::new(CHEAP, 2, 64).unwrap());
    let stored: Arc<str> = hasher.hash(&password("right")).await.unwrap().into();
    let callers: Vec<_> = (0..40)
        .map(|n| {
            let (hasher, stored) = (Arc::clone(&hasher), Arc::clone(&stored));
            tokio::spawn(async move {
                let raw = if n % 2 == 0 { "right" } else { "wrong" };
                (n % 2 == 0, hasher.verify(&password(raw), Some(&stored)).await.unwrap().ok)
            })
        })
        .collect();
    for caller in callers {
        let (expected, ok) = caller.await.unwrap();
        assert_eq!(ok, expected);
    }
    assert!(hasher.verify(&password("right"), Some(&stored)).await.unwrap().ok);
    assert!(hasher.work.memory.is_empty());
}
