use super::*;
use crate::store::Tx;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);

/// A writer whose groups are served one by one, and gather for as long as a request waits.
struct Scene {
    options: SqliteConnectOptions,
    store: Store,
    writer: Writer,
    queue: Requests,
    /// The request that was left by a lost group.
    left: Option<Request>,
    _folder: TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (requests, queue) = mpsc::channel(QUEUE);
    let writer = Writer { pool: Pool::new(options.clone(), 1, None), requests };
    let store = Store { backend: Backend::Sqlite { read: Pool::new(options.clone(), 2, None), write: writer.clone() } };
    Scene { options, store, writer, queue, left: None, _folder: folder }
}

impl Scene {
    /// Requests a turn after the earlier requests.
    fn ask(&self) -> oneshot::Receiver<Result<Turn, sqlx::Error>> {
        let (reply, turn) = oneshot::channel();
        self.writer.requests.try_send(reply).unwrap();
        turn
    }

    /// Serves one group of the requests, including those that arrive meanwhile; returns the queue and the request that
    /// is left.
    fn serve(&mut self) -> tokio::task::JoinHandle<(Requests, Option<Request>)> {
        let (pool, left) = (self.writer.pool.clone(), self.left.take());
        let mut queue = std::mem::replace(&mut self.queue, mpsc::channel(1).1);
        tokio::spawn(async move {
            let first = if let Some(left) = left { left } else { queue.recv().await.unwrap() };
            let (_, left) = serve_group(pool.acquire().await.unwrap(), first, &mut queue, LONG).await;
            (queue, left)
        })
    }

    /// The committed rows.
    async fn numbers(&self) -> Vec<i64> {
        let mut connection = self.options.connect().await.unwrap();
        sqlx::query_scalar("SELECT n FROM numbers ORDER BY n").fetch_all(&mut connection).await.unwrap()
    }
}

async fn insert(turn: &mut Turn, n: i64) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO numbers VALUES ($1)").bind(n).execute(&mut **turn).await.map(drop)
}

fn is_not_done(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Unavailable { outcome: Outcome::NotDone, .. }))
}

#[tokio::test]
async fn changes_share_a_commit_and_are_answered_after_it() {
    let mut scene = scene().await;
    let asked = [scene.ask(), scene.ask(), scene.ask(), scene.ask()];
    let served = scene.serve();
    let [first, given_up, refused, last] = asked;

    let mut turn = first.await.unwrap().unwrap();
    insert(&mut turn, 1).await.unwrap();
    let first = tokio::spawn(turn.commit());

    let mut turn = given_up.await.unwrap().unwrap();
    insert(&mut turn, 2).await.unwrap();
    drop(turn);

    let mut turn = refused.await.unwrap().unwrap();
    insert(&mut turn, 3).await.unwrap();
    insert(&mut turn, 1).await.expect_err("a change sees those before it");
    drop(turn);

    let mut turn = last.await.unwrap().unwrap();
    insert(&mut turn, 4).await.unwrap();
    assert!(!first.is_finished(), "not answered before the commit");
    assert_eq!(scene.numbers().await, [0; 0], "nobody sees what is not committed");
    turn.commit().await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(scene.numbers().await, [1, 4]);
    served.await.unwrap();
}

/// SQLite does so by itself when the disk is full or fails in the middle of a statement.
#[tokio::test]
async fn a_lost_transaction_fails_all_its_changes() {
    for commits in [false, true] {
        let mut scene = scene().await;
        let asked = [scene.ask(), scene.ask(), scene.ask()];
        let served = scene.serve();
        let [first, second, third] = asked;
        let mut turn = first.await.unwrap().unwrap();
        insert(&mut turn, 1).await.unwrap();
        let first = tokio::spawn(turn.commit());

        let mut turn = second.await.unwrap().unwrap();
        sqlx::query("ROLLBACK").execute(&mut *turn).await.unwrap();
        let second = if commits {
            Some(tokio::spawn(turn.commit()))
        } else {
            drop(turn);
            None
        };

        assert!(is_not_done(&first.await.unwrap()));
        if let Some(second) = second {
            assert!(is_not_done(&second.await.unwrap()));
        }
        assert_eq!(scene.numbers().await, [0; 0]);

        (scene.queue, scene.left) = served.await.unwrap();
        let served = scene.serve();
        let mut turn = third.await.unwrap().unwrap();
        insert(&mut turn, 1).await.unwrap();
        turn.commit().await.unwrap();
        assert_eq!(scene.numbers().await, [1], "the waiting change is in the next group");
        served.await.unwrap();
    }
}

#[tokio::test]
async fn a_read_is_answered_when_it_is_durable() {
    for is_lost in [false, true] {
        let mut scene = scene().await;
        let asked = scene.ask();
        let (store, holding) = (scene.store.clone(), scene.ask());
        let served = scene.serve();
        let mut turn = asked.await.unwrap().unwrap();
        insert(&mut turn, 1).await.unwrap();
        let first = tokio::spawn(turn.commit());
        let looked = tokio::spawn(async move {
            let looking = store.settled(async {
                let mut turn = holding.await.unwrap().unwrap();
                insert(&mut turn, 1).await.expect_err("it is there already");
            });
            looking.await
        });
        let mut third = scene.writer.turn().await.unwrap();
        assert!(!looked.is_finished() && !first.is_finished());
        if is_lost {
            sqlx::query("ROLLBACK").execute(&mut *third).await.unwrap();
        }
        drop(third);
        assert_eq!(is_not_done(&first.await.unwrap()), is_lost);
        assert_eq!(is_not_done(&looked.await.unwrap()), is_lost);
        served.await.unwrap();
    }
}

#[tokio::test]
async fn groups_end_and_turns_are_given_in_order() {
    let mut scene = scene().await;
    let mut asked: Vec<_> = (0..GROUP + 10).map(|_| scene.ask()).collect();
    let served = scene.serve();
    let waiting = asked.split_off(GROUP);
    let mut changes = Vec::new();
    for (turn, n) in asked.into_iter().zip(0..) {
        let mut turn = turn.await.unwrap().unwrap();
        insert(&mut turn, n).await.unwrap();
        changes.push(tokio::spawn(turn.commit()));
    }
    for change in changes {
        change.await.unwrap().unwrap();
    }
    assert_eq!(scene.numbers().await.len(), GROUP, "a group is committed though others wait");
    (scene.queue, _) = served.await.unwrap();
    assert_eq!(scene.queue.len(), waiting.len());
}

#[tokio::test]
async fn a_caller_that_stopped_waiting_gets_no_turn() {
    let mut scene = scene().await;
    drop(scene.ask());
    let asked = scene.ask();
    drop(scene.ask());
    let served = scene.serve();
    let mut turn = asked.await.unwrap().unwrap();
    insert(&mut turn, 1).await.unwrap();
    turn.commit().await.unwrap();
    assert_eq!(scene.numbers().await, [1]);
    served.await.unwrap();
}

#[tokio::test]
async fn the_logs_file_shrinks_after_a_burst() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db");
    let store = Store::open(&crate::settings::Database::Sqlite(database.clone())).await.unwrap();
    let log = || std::fs::metadata(database.with_file_name("db-wal")).unwrap().len();
    let limit = u64::from(crate::store::SQLITE_LOG_BYTES);
    let change = async |statement: &'static str| {
        let Tx::Sqlite(mut tx) = store.write().await.unwrap() else { panic!("SQLite") };
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        Tx::Sqlite(tx).commit().await.unwrap();
    };
    change("CREATE TABLE burst (bytes BLOB)").await;
    change("INSERT INTO burst VALUES (zeroblob(3 * 8388608))").await;
    assert!(log() > limit, "it has grown");
    // The log restarts with the first change after a checkpoint.
    change("DELETE FROM burst").await;
    change("INSERT INTO burst VALUES (NULL)").await;
    assert!(log() <= limit, "{} bytes", log());
    store.close().await;
}
