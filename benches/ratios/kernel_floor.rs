//! The minimum cost of sending an event to many sockets: one `write` of a finished frame to each.

use super::{
    Result,
    account::{Node, World},
    baseline::Plan,
};
use parking_lot::Mutex;
use std::{io::ErrorKind, sync::Arc};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::accept_async;

/// The name of this baseline. Prints `listening on <address>`.
pub const KERNEL_FLOOR: &str = "kernel-floor";

/// The sockets that events are written to.
type Subscribers = Arc<Mutex<Vec<Arc<TcpStream>>>>;

/// The answer to every call, as a text frame.
const ANSWER: &[u8] = b"\x81\x23{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}";

/// Starts this baseline.
pub fn start(world: &World) -> Result<Node> {
    let mut process = world.baseline(KERNEL_FLOOR, 0.0)?;
    let address = process.read_after("listening on ")?.parse()?;
    Ok(Node { process, address })
}

/// Serves `subscribe` and `publish`, in one thread.
pub fn run(plan: Plan) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpSocket::new_v4()?;
        listener.bind("127.0.0.1:0".parse()?)?;
        let listener = listener.listen(4096)?;
        println!("listening on {}", listener.local_addr()?);
        let subscribers = Subscribers::default();
        let event: Arc<[u8]> = frame(&plan)?.into();
        loop {
            let (socket, _) = listener.accept().await?;
            let (subscribers, event) = (subscribers.clone(), event.clone());
            tokio::spawn(async move { serve(socket, &subscribers, &event).await });
        }
    })
}

async fn serve(mut socket: TcpStream, subscribers: &Subscribers, event: &[u8]) -> Result<()> {
    socket.set_nodelay(true)?;
    accept_async(&mut socket).await?;
    let socket = Arc::new(socket);
    let mut buffer = [0; 512];
    loop {
        socket.readable().await?;
        let read = match socket.try_read(&mut buffer) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            read => read?,
        };
        // The load's mask is zero, so the payload is readable as it is.
        let message = String::from_utf8_lossy(&buffer[..read]);
        if message.contains(r#""publish""#) {
            for subscriber in &*subscribers.lock() {
                // Its buffer may be full or the subscriber gone: the load reports missing events.
                let _ = subscriber.try_write(event);
            }
        } else if message.contains(r#""subscribe""#) {
            subscribers.lock().push(socket.clone());
        }
        socket.writable().await?;
        socket.try_write(ANSWER)?;
    }
}

/// The notification as one text frame (RFC 6455 §5.2).
fn frame(plan: &Plan) -> Result<Vec<u8>> {
    let event = format!(
        r#"{{"jsonrpc":"2.0","method":"account.event","params":{{"subscription":1,"result":{}}}}}"#,
        plan.event
    );
    let mut frame = vec![0x81, 126];
    frame.extend(u16::try_from(event.len())?.to_be_bytes());
    frame.extend(event.bytes());
    Ok(frame)
}
