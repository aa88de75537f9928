use super::*;
use crate::{
    domain::{
        ids::RegistrationId,
        letter::{Content, Letter, LetterKind},
    },
    mail::{
        SmtpClient,
        fixture::{letter, renderer},
    },
    settings::{Database, Smtp, SmtpSecurity},
};
use std::{os::unix::fs::PermissionsExt, path::PathBuf};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    time::timeout,
};

/// A database and a mail folder of its own.
struct Post {
    dir: TempDir,
    store: Store,
    clock: Clock,
}

impl Post {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(dir.path().join("marbelle.db"))).await.unwrap();
        Self { dir, store, clock: Clock::adjustable() }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("mail")
    }

    fn worker(&self) -> Worker {
        self.worker_with(Transport::File(self.folder()))
    }

    fn worker_with(&self, transport: Transport) -> Worker {
        Worker::new(self.store.clone(), self.clock.clone(), renderer("The Shop", &self.clock), transport)
    }

    async fn queue(&self, letter: &Letter) {
        let mut tx = self.store.write().await.unwrap();
        tx.insert_letter(letter, None, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Waits until no letter is waiting.
    async fn emptied(&self) {
        let emptied = async {
            while self.waiting().await > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), emptied).await.expect("the outbox is emptied");
    }

    async fn waiting(&self) -> i64 {
        self.store.waiting_letters().await.unwrap().0
    }

    /// Whether a letter is due once `span` has passed.
    async fn due_after(&self, span: Duration) -> bool {
        let now = self.clock.now().after(span);
        self.store.letter_is_due(now, now.after(FARTHEST_RETRY)).await.unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// Claims the one due letter and tries to send it, `times` times.
    async fn attempt(&self, worker: &Worker, times: usize) {
        for _ in 0..times {
            let rows = worker.claim(CONCURRENT).await.unwrap();
            assert_eq!(rows.len(), 1);
            for row in rows {
                worker.attempt(row).await;
            }
        }
    }
}

#[tokio::test]
async fn a_letter_becomes_one_file_that_only_its_owner_can_read() {
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
    // No second attempt was ever started.
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
async fn a_temporary_failure_is_retried_and_given_up_after_a_day() {
    let post = Post::open().await;
    // A file where the folder should be.
    std::fs::write(post.folder(), "").unwrap();
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let worker = post.worker();
    post.attempt(&worker, 1).await;
    assert!(!post.due_after(Duration::ZERO).await);
    assert!(post.due_after(Duration::from_secs(30)).await);

    post.clock.advance(Duration::from_secs(12 * 60 * 60));
    post.attempt(&worker, 1).await;
    assert_eq!(post.waiting().await, 1);
    post.clock.advance(Duration::from_secs(12 * 60 * 60));
    post.attempt(&worker, 1).await;
    assert_eq!(post.waiting().await, 0, "given up");
}

#[tokio::test]
async fn a_letter_of_a_newer_version_is_left_to_it() {
    let post = Post::open().await;
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let worker = post.worker();
    let mut rows = worker.claim(1).await.unwrap();
    let row = OutboxRow { queued: Queued::Unknown, ..rows.remove(0) };
    worker.attempt(row).await;
    assert_eq!(post.waiting().await, 1);
    assert!(!post.due_after(Duration::ZERO).await);
    assert!(!post.folder().exists());
}

/// A server that takes much longer for its greeting than a claim holds, and again after the final dot.
async fn slow_server(pause: Duration) -> (Transport, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&taken);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let (reader, mut writer) = stream.split();
                let mut lines = BufReader::new(reader).lines();
                sleep(pause).await;
                writer.write_all(b"220 ready\r\n").await.unwrap();
                let mut in_text = false;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer: &[u8] = match (in_text, line.as_str()) {
                        (true, ".") => {
                            *counter.lock() += 1;
                            sleep(pause).await;
                            b"250 taken\r\n"
                        }
                        (true, _) => continue,
                        (false, "DATA") => b"354 go on\r\n",
                        (false, _) => b"250 well\r\n",
                    };
                    in_text = answer.starts_with(b"354");
                    if writer.write_all(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let smtp = Smtp { host: "127.0.0.1".to_owned(), port, credentials: None, security: SmtpSecurity::Plain };
    (Transport::Smtp(SmtpClient::new(&smtp, Some("shop.example")).unwrap()), taken)
}

#[tokio::test]
async fn a_claim_holds_while_a_slow_server_takes_the_letter() {
    const LEASE: Lease = Lease { holds: Duration::from_millis(300), renewed_every: Duration::from_millis(60) };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&Database::Sqlite(dir.path().join("marbelle.db"))).await.unwrap();
    let post = Post { dir, store, clock: Clock::system() };
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let stop = CancellationToken::new();
    let mut running = Vec::new();
    let mut taken = Vec::new();
    for _ in 0..2 {
        let (transport, count) = slow_server(Duration::from_millis(1000)).await;
        let worker = Worker { lease: LEASE, ..post.worker_with(transport) };
        running.push(tokio::spawn(worker.run(stop.clone())));
        taken.push(count);
    }
    post.emptied().await;
    stop.cancel();
    for worker in running {
        worker.await.unwrap();
    }
    assert_eq!(taken.iter().map(|count| *count.lock()).sum::<usize>(), 1, "handed over by one worker, once");
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_changes_nothing() {
    let post = Post::open().await;
    std::fs::write(post.folder(), "").unwrap(); // no letter can be written: each attempt fails
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let worker = post.worker();
    let mut first = worker.claim(1).await.unwrap();
    post.clock.advance(Lease::STANDARD.holds);
    assert_eq!(worker.claim(1).await.unwrap().len(), 1, "the claim ran out, and another worker has the letter");
    worker.attempt(first.remove(0)).await;
    assert!(!post.due_after(Lease::STANDARD.holds - Duration::from_secs(1)).await, "the second claim holds");
    assert!(post.due_after(Lease::STANDARD.holds).await);
}

/// The work of the database, which strangers may compare: a decoy is claimed and marked by the same statements, and is
/// not sent.
#[tokio::test]
async fn a_decoy_is_processed_like_a_letter() {
    let post = Post::open().await;
    let mut tx = post.store.write().await.unwrap();
    tx.insert_decoy(
        &letter(Content::AlreadyRegistered).to,
        LetterKind::AlreadyRegistered,
        Some("192.0.2.0"),
        post.clock.now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert!(post.due_after(Duration::ZERO).await);
    let worker = post.worker();
    post.attempt(&worker, 1).await;
    assert!(!post.due_after(GIVE_UP_AFTER).await, "it is marked");
    assert!(!post.folder().exists(), "and nothing was sent");
}

#[tokio::test]
async fn letters_do_not_wait_for_a_clock_that_was_set_back() {
    let post = Post::open().await;
    std::fs::write(post.folder(), "").unwrap();
    post.clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
    post.queue(&letter(Content::AlreadyRegistered)).await;
    let (store, dir) = (post.store.clone(), &post.dir);
    let earlier = Clock::adjustable();
    let worker =
        Worker::new(store, earlier.clone(), renderer("The Shop", &earlier), Transport::File(dir.path().join("mail")));
    assert_eq!(worker.claim(1).await.unwrap().len(), 1);
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
