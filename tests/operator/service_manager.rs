//! The state that the server reports to systemd.

use crate::support::{Database, Node, PATIENCE, within};
use tokio::{
    net::{TcpStream, UnixDatagram},
    select,
};

/// Units ordered after the service, and callers of `systemctl start`, find it serving.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_notified_when_the_server_listens_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let mut state = [0; 64];
    let mut node = Node::on(Database::sqlite()).service_manager(&path).start().await;
    let length = within(PATIENCE, "the message that it is ready", manager.recv(&mut state)).await.unwrap();
    assert_eq!(&state[..length], b"READY=1\n");
    TcpStream::connect(node.address()).await.expect("it listens");

    node.terminate().await;
    let length = select! {
        length = within(PATIENCE, "the message that it stops", manager.recv(&mut state)) => length.unwrap(),
        status = node.exited() => panic!("it ended without a message: {status}"),
    };
    assert_eq!(&state[..length], b"STOPPING=1\n");
}
