//! The listener's address, taken before there is a server.

use crate::limits::KERNEL_BUFFER_BYTES;
use std::{io, net::SocketAddr};
use tokio::net::TcpSocket;

/// How many connections may wait to be accepted.
pub(super) const BACKLOG: u32 = 1024;

/// Takes `address`: port 0 becomes a free one. Connections are refused until the server is built, rather than
/// left to wait for a database that is being migrated.
pub fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As for any server: a restart does not wait for the connections of the one before to be forgotten.
    socket.set_reuseaddr(true)?;
    // Every connection has them from here.
    socket.set_send_buffer_size(KERNEL_BUFFER_BYTES)?;
    socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES)?;
    socket.bind(address)?;
    Ok(socket)
}
