//! Clients that do not complete a request. The server runs in this process, where a minute passes at once.

use crate::support::{Database, Inside, STORY, within};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, pause, resume},
};

/// Sends the beginning of a request; returns the server's answer before it closes the connection, and the time.
async fn left_open(beginning: &str) -> (String, Duration) {
    let server = Inside::on(&Database::sqlite(), &[]);
    let story = server.serving(async |address| {
        let mut socket = TcpStream::connect(address).await.expect("the server listens");
        socket.write_all(beginning.as_bytes()).await.expect("the server reads");
        // From here on, time advances to the next timer whenever nothing else is to be done.
        pause();
        let started = Instant::now();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("the server closes the connection");
        let waited = started.elapsed();
        resume();
        (String::from_utf8(answer).expect("text"), waited)
    });
    within(STORY, "the end of the connection", story).await
}

#[tokio::test]
async fn a_head_that_does_not_end() {
    for beginning in ["", "POST /rpc HTTP/1.1\r\nhost: x\r\n"] {
        let (_, waited) = left_open(beginning).await;
        assert!((74..=76).contains(&waited.as_secs()), "{beginning:?}: {waited:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_end() {
    let head = "POST /rpc HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    for beginning in [head.to_owned(), format!("{head}{{\"jsonrpc\":")] {
        let (answer, waited) = left_open(&beginning).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{beginning:?}: {answer}");
        assert!((19..=21).contains(&waited.as_secs()), "{beginning:?}: {waited:?}");
    }
}
