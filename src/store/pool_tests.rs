use super::*;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

fn pool(size: u32, trust: Option<Trust>) -> (TempDir, Pool<SqliteConnection>) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("db")).create_if_missing(true);
    (folder, Pool::new(options, size, trust))
}

async fn answer(lease: &mut Lease<SqliteConnection>) -> i64 {
    sqlx::query_scalar("SELECT 1").fetch_one(&mut **lease).await.unwrap()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (_folder, pool) = pool(2, None);
    for _ in 0..3 {
        let mut lease = pool.acquire().await.unwrap();
        assert_eq!(answer(&mut lease).await, 1);
        assert_eq!((pool.open(), pool.idle()), (1, 0));
        lease.give_back(Ok(())).unwrap();
        assert_eq!((pool.open(), pool.idle()), (1, 1));
    }
}

#[tokio::test]
async fn an_abandoned_transaction_is_rolled_back_before_the_next_use() {
    let (_folder, pool) = pool(1, None);
    let mut lease = pool.acquire().await.unwrap();
    sqlx::query("BEGIN").execute(lease.beginning()).await.unwrap();
    drop(lease);
    let mut lease = pool.acquire().await.unwrap();
    sqlx::query("BEGIN").execute(lease.beginning()).await.expect("no transaction is open");
    assert_eq!(pool.open(), 1, "it is the same connection");
}

#[tokio::test]
async fn a_lost_connection_discards_the_idle_ones() {
    let (_folder, pool) = pool(3, None);
    let leases = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    let [first, second, third] = leases;
    first.give_back(Ok(())).unwrap();
    second.give_back(Err::<(), _>(sqlx::Error::RowNotFound)).unwrap_err();
    assert_eq!((pool.open(), pool.idle()), (3, 2));
    third.give_back(Err::<(), _>(sqlx::Error::Io(io::ErrorKind::UnexpectedEof.into()))).unwrap_err();
    assert_eq!((pool.open(), pool.idle()), (0, 0));
    assert_eq!(answer(&mut pool.acquire().await.unwrap()).await, 1, "another takes its place");
}

#[tokio::test]
async fn idle_and_old_connections_are_closed() {
    let long = Duration::from_secs(3600);
    let (_folder, young) = pool(2, Some(Trust { unasked: long, idle: long, age: Duration::ZERO }));
    young.acquire().await.unwrap().give_back(Ok(())).unwrap();
    assert_eq!((young.open(), young.idle()), (0, 0), "too old to be kept");

    let (_folder, busy) = pool(2, Some(Trust { unasked: long, idle: Duration::ZERO, age: long }));
    let (first, second) = (busy.acquire().await.unwrap(), busy.acquire().await.unwrap());
    first.give_back(Ok(())).unwrap();
    second.give_back(Ok(())).unwrap();
    assert_eq!((busy.open(), busy.idle()), (1, 1), "the one that was idle is closed");
}

#[tokio::test]
async fn callers_wait_in_order_and_for_a_limited_time() {
    let (_folder, pool) = pool(1, None);
    let lease = pool.acquire().await.unwrap();
    let waiting = {
        let pool = pool.clone();
        tokio::spawn(async move { pool.acquire().await.map(drop) })
    };
    tokio::time::pause();
    assert!(matches!(waiting.await.unwrap(), Err(sqlx::Error::PoolTimedOut)));
    tokio::time::resume();
    let mut first = waiting_for(&pool);
    let mut second = waiting_for(&pool);
    tokio::task::yield_now().await;
    lease.give_back(Ok(())).unwrap();
    let one = (&mut first).await.unwrap().unwrap();
    assert!(!second.is_finished(), "there is one connection");
    one.give_back(Ok(())).unwrap();
    (&mut second).await.unwrap().unwrap().give_back(Ok(())).unwrap();
}

fn waiting_for(pool: &Pool<SqliteConnection>) -> tokio::task::JoinHandle<Result<Lease<SqliteConnection>, sqlx::Error>> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.acquire().await })
}

#[tokio::test]
async fn closing_waits_for_connections_in_use_and_refuses_the_rest() {
    let (_folder, pool) = pool(2, None);
    let mut lease = pool.acquire().await.unwrap();
    let closing = {
        let pool = pool.clone();
        tokio::spawn(async move { pool.close().await })
    };
    tokio::task::yield_now().await;
    assert!(matches!(pool.acquire().await, Err(sqlx::Error::PoolClosed)));
    assert_eq!(answer(&mut lease).await, 1, "what runs may end");
    lease.give_back(Ok(())).unwrap();
    closing.await.unwrap();
    assert_eq!(pool.open(), 0);
}
