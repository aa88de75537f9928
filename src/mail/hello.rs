//! The name by which this server introduces itself to a mail server.

use lettre::transport::smtp::extension::ClientId;
use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};
use tokio::net::{UdpSocket, lookup_host};

/// The file with the names of this machine, which `hostname --fqdn` reads as well.
const HOSTS: &str = "/etc/hosts";

/// The argument of EHLO (RFC 5321 §4.1.1.1): the configured name; otherwise the host's full name; otherwise, because
/// many servers refuse a name without a dot, the address from which this machine reaches the mail server, as a literal.
pub(super) async fn hello(set: Option<&str>, server: (&str, u16)) -> ClientId {
    if let Some(name) = set {
        return ClientId::Domain(name.to_owned());
    }
    if let ClientId::Domain(host) = ClientId::default()
        && let Some(name) = full_name(&host, &fs::read_to_string(HOSTS).unwrap_or_default())
    {
        return ClientId::Domain(name);
    }
    match own_address(server).await {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        // There is no route: the attempt that follows will report that.
        Err(_) => ClientId::Ipv4(Ipv4Addr::LOCALHOST),
    }
}

/// The full name of `host`: itself if it has a dot, otherwise the first name with a dot on its line in `hosts`.
fn full_name(host: &str, hosts: &str) -> Option<String> {
    if host.contains('.') {
        return Some(host.to_owned());
    }
    hosts.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let names: Vec<&str> = line.split_whitespace().skip(1).collect();
        let is_this = names.iter().any(|name| name.eq_ignore_ascii_case(host));
        let full = names.iter().find(|name| name.contains('.') && !name.starts_with("localhost"))?;
        is_this.then(|| (*full).to_owned())
    })
}

/// The address that a connection to `server` would come from. Nothing is sent: connecting a UDP socket only picks a
/// route.
async fn own_address(server: (&str, u16)) -> io::Result<IpAddr> {
    let mut error = io::ErrorKind::NotFound.into();
    for address in lookup_host(server).await? {
        let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).await?;
        match socket.connect(address).await.and_then(|()| socket.local_addr()) {
            Ok(own) => return Ok(own.ip()),
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_name_of_a_host_is_that_of_its_line() {
        const HOSTS: &str = "127.0.0.1 localhost localhost.localdomain\n\
                             127.0.1.1\tshop.example.org shop # this machine\n\
                             172.17.0.2 3f2a9c\n";
        for (host, full) in [
            ("shop", Some("shop.example.org")),
            ("SHOP", Some("shop.example.org")),
            ("mail.example.net", Some("mail.example.net")),
            ("3f2a9c", None),
            ("localhost", None),
            ("machine", None),
        ] {
            assert_eq!(full_name(host, HOSTS).as_deref(), full, "{host}");
        }
    }

    #[tokio::test]
    async fn a_configured_name_is_used() {
        assert_eq!(hello(Some("out.example.org"), ("127.0.0.1", 25)).await.to_string(), "out.example.org");
    }

    #[tokio::test]
    async fn an_address_is_found_without_sending_anything() {
        assert_eq!(own_address(("127.0.0.1", 25)).await.unwrap(), IpAddr::from(Ipv4Addr::LOCALHOST));
    }
}
