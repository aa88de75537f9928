use super::*;
use crate::{
    domain::{
        ids::RegistrationId,
        letter::{Content, Letter},
        time::Timestamp,
    },
    mail::fixture::{letter, renderer},
    settings::Database,
};
use std::{os::unix::fs::PermissionsExt, path::PathBuf};
use tempfile::TempDir;

/// A database and a mail folder of its own.
struct Post {
    dir: TempDir,
    store: Store,
    clock: Clock,
    wake: Arc<Notify>,
}

impl Post {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(dir.path().join("marbelle.db"))).await.unwrap();
        Self { dir, store, clock: Clock::adjustable(), wake: Arc::default() }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("mail")
    }

    fn worker(&self) -> Worker {
        let (store, clock, wake) = (self.store.clone(), self.clock.clone(), Arc::clone(&self.wake));
        Worker::new(store, clock.clone(), renderer("The Shop", &clock), Transport::File(self.folder()), wake)
    }

    async fn queue(&self, letter: &Letter) {
        let mut tx = self.store.write().await.unwrap();
        tx.insert_letter(letter, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        self.wake.notify_one();
    }

    /// Waits until no letter waits.
    async fn emptied(&self) {
        let emptied = async {
            while self.next_due().await.is_some() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), emptied).await.expect("the outbox is emptied");
    }

    async fn next_due(&self) -> Option<Timestamp> {
        self.store.next_letter_due().await.unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// Claims the one due letter and tries to send it, as often as `times`.
    async fn attempt(&self, worker: &Worker, times: usize) {
        for _ in 0..times {
            let rows = worker.claim(CONCURRENT).await.unwrap();
            assert_eq!(rows.len(), 1);
            for row in rows {
                worker.attempt(row, Lease::begin()).await;
            }
        }
    }
}

#[tokio::test]
async fn a_letter_becomes_one_file_that_is_its_owners_alone() {
    let post = Post::open().await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(post.worker().run(stop.clone()));
    post.queue(&letter(Content::VerifyEmail { registration: RegistrationId::new(), generation: 0 })).await;
    post.emptied().await;
    stop.cancel();
    running.await.unwrap();

    let files = post.files();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert_eq!(file.extension().unwrap(), "eml");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(post.folder()).unwrap().permissions().mode() & 0o777, 0o700);
    let mail = std::fs::read_to_string(file).unwrap();
    let id = file.file_stem().unwrap().to_str().unwrap();
    assert!(mail.contains(&format!("Message-ID: <{id}@shop.example>\r\n")));
    assert!(mail.contains("\r\nhttps://shop.example/verify-email?token="), "the link is in one piece");
}

#[tokio::test]
async fn two_workers_send_each_letter_once() {
    const LETTERS: usize = 40;
    let post = Post::open().await;
    for _ in 0..LETTERS {
        post.queue(&letter(Content::AlreadyRegistered)).await;
    }
    let stop = CancellationToken::new();
    let running = [(); 2].map(|()| tokio::spawn(post.worker().run(stop.clone())));
    post.emptied().await;
    stop.cancel();
    for worker in running {
        worker.await.unwrap();
    }
    assert_eq!(post.files().len(), LETTERS);
    // No second attempt was ever begun.
    post.clock.advance(GIVE_UP_AFTER);
    assert!(post.worker().claim(LETTERS).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_of_a_killed_worker_is_due_within_thirty_seconds() {
    let post = Post::open().await;
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let worker = post.worker();
    assert_eq!(worker.claim(1).await.unwrap().len(), 1);
    assert!(worker.claim(1).await.unwrap().is_empty(), "it is the first one's");
    post.clock.advance(Duration::from_secs(30));
    assert_eq!(worker.claim(1).await.unwrap()[0].attempts, 2);
}

#[tokio::test]
async fn what_fails_for_now_is_tried_later_and_given_up_after_a_day() {
    let post = Post::open().await;
    // A file where the folder should be.
    std::fs::write(post.folder(), "").unwrap();
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let worker = post.worker();
    let queued = post.clock.now();
    post.attempt(&worker, 1).await;
    let wait = post.next_due().await.unwrap().since(queued);
    assert!(wait >= SHORTEST_RETRY && wait < Duration::from_secs(30), "{wait:?}");

    post.clock.advance(Duration::from_secs(12 * 60 * 60));
    post.attempt(&worker, 1).await;
    assert!(post.next_due().await.is_some());
    post.clock.advance(Duration::from_secs(12 * 60 * 60));
    post.attempt(&worker, 1).await;
    assert!(post.next_due().await.is_none(), "given up");
}

#[tokio::test]
async fn a_letter_of_a_newer_version_is_left_to_it() {
    let post = Post::open().await;
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let worker = post.worker();
    let mut rows = worker.claim(1).await.unwrap();
    let row = OutboxRow { letter: None, ..rows.remove(0) };
    worker.attempt(row, Lease::begin()).await;
    assert!(post.next_due().await.unwrap() > post.clock.now());
    assert!(!post.folder().exists());
}

#[test]
fn waits_grow_and_are_bounded() {
    for (attempts, longest) in [(1, 15), (2, 30), (3, 60), (20, 3600), (i64::MAX, 3600), (0, 15)] {
        let waits: Vec<_> = (0..200).map(|_| wait_after(attempts)).collect();
        let longest = Duration::from_secs(longest);
        assert!(waits.iter().all(|wait| (SHORTEST_RETRY..=longest).contains(wait)));
        assert!(*waits.iter().max().unwrap() > longest / 2, "they spread over the whole span");
    }
}
