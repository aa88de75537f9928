//! Binds the listener's address before the server is built.

use crate::limits::KERNEL_BUFFER_BYTES;
use std::{io, net::SocketAddr};
use tokio::net::TcpSocket;

/// How many connections may wait to be accepted.
pub(super) const BACKLOG: u32 = 1024;

/// Binds `address`; port 0 picks a free port. Connections are refused until the server is built, instead of having to
/// wait for a database that is being migrated.
pub fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As usual for servers: a restart does not wait until the kernel has forgotten the previous process's connections.
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit the sizes.
    socket.set_send_buffer_size(KERNEL_BUFFER_BYTES)?;
    socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES)?;
    socket.bind(address)?;
    Ok(socket)
}
