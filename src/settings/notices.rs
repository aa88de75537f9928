//! Warnings for the operator about usable settings.

use super::{Environment, MailTransport, Settings, names::Name};
use ipnet::IpNet;

/// The warnings, one sentence each; `ignored` are variables that Kubernetes sets for a service.
pub(super) fn notices(settings: &Settings, ignored: &[String]) -> Vec<String> {
    let mut notices = Vec::new();
    if !ignored.is_empty() {
        notices.push(format!(
            "{}: ignored, because Kubernetes sets such variables for a service (`enableServiceLinks: false` prevents it)",
            ignored.join(", ")
        ));
    }
    let proxies = Name::TrustedProxies.variable();
    for network in settings.trusted_proxies.iter().filter(|network| may_hold_clients(network)) {
        notices.push(format!(
            "{proxies}: {network} is more than proxies need: a client within it can claim any address, and so evades \
             every limit by address; name only the addresses of the proxies"
        ));
    }
    let production = settings.environment == Environment::Production;
    if production && matches!(settings.mail.transport, MailTransport::File(_)) {
        notices.push(format!("{}: letters are written to files and not sent", Name::MailUrl.variable()));
    }
    if production && settings.trusted_proxies.is_empty() {
        notices.push(format!(
            "{proxies} is not set: behind a proxy that serves https all clients have the proxy's address, and share its \
             limits; name the proxy"
        ));
    }
    notices
}

/// Whether a network contains more than proxies can need: a whole block of private networks (RFC 1918, RFC 4193), or
/// more of the public space than one operator has.
fn may_hold_clients(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => {
            let private = [("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("100.64.0.0", 10)];
            let whole = private.iter().any(|(address, length)| {
                network.prefix_len() <= *length
                    && address.parse().is_ok_and(|address: std::net::Ipv4Addr| network.contains(&address))
            });
            whole || (network.prefix_len() < 8 && !network.addr().is_loopback())
        }
        IpNet::V6(network) => match network.addr().to_ipv4_mapped() {
            Some(address) if network.prefix_len() >= 96 => {
                let length = network.prefix_len() - 96;
                ipnet::Ipv4Net::new(address, length).is_ok_and(|network| may_hold_clients(&network.into()))
            }
            _ => network.prefix_len() < 16,
        },
    }
}
