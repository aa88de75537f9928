//! Variables that Kubernetes sets for its services, in every pod of a namespace.
//!
//! For a service named `marbelle`, or with a name that begins so, they begin with our prefix. They are neither settings
//! nor typing errors, so they are ignored, and the log lists them.

use std::net::IpAddr;

/// Whether `variable` is one that Kubernetes (or a Docker link) sets for a service: `…_SERVICE_HOST`, `…_SERVICE_PORT`,
/// `…_SERVICE_PORT_<name>`, `…_PORT`, `…_PORT_<number>_<protocol>` and the latter's `_PROTO`, `_PORT` and `_ADDR`. The
/// value must have the form that Kubernetes gives it, so that `MARBELLE_PORT=8080` is still refused as a mistake.
pub(super) fn is_of_service(variable: &str, value: &str) -> bool {
    let is_address = value.parse::<IpAddr>().is_ok();
    let is_number = value.parse::<u16>().is_ok();
    let names_port = variable.ends_with("_SERVICE_PORT") || variable.contains("_SERVICE_PORT_");
    if (variable.ends_with("_SERVICE_HOST") && is_address)
        || (names_port && is_number)
        || (variable.ends_with("_PORT") && is_endpoint(value))
    {
        return true;
    }
    let Some((_, port)) = variable.rsplit_once("_PORT_") else { return false };
    match port.split('_').collect::<Vec<_>>()[..] {
        [number, protocol] if is_port_of(number, protocol) => is_endpoint(value),
        [number, protocol, "PROTO"] if is_port_of(number, protocol) => value.eq_ignore_ascii_case(protocol),
        [number, protocol, "ADDR"] if is_port_of(number, protocol) => is_address,
        [number, protocol, "PORT"] if is_port_of(number, protocol) => is_number,
        _ => false,
    }
}

fn is_port_of(number: &str, protocol: &str) -> bool {
    number.parse::<u16>().is_ok() && ["TCP", "UDP", "SCTP"].contains(&protocol)
}

fn is_endpoint(value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_services_are_recognised_by_name_and_value() {
        for (variable, value) in [
            ("MARBELLE_SERVICE_HOST", "10.96.14.3"),
            ("MARBELLE_SERVICE_HOST", "fd00::1"),
            ("MARBELLE_SERVICE_PORT", "8080"),
            ("MARBELLE_SERVICE_PORT_HTTP", "8080"),
            ("MARBELLE_PORT", "tcp://10.96.14.3:8080"),
            ("MARBELLE_PORT_8080_TCP", "tcp://10.96.14.3:8080"),
            ("MARBELLE_PORT_8080_TCP_PROTO", "tcp"),
            ("MARBELLE_PORT_8080_TCP_PORT", "8080"),
            ("MARBELLE_PORT_8080_TCP_ADDR", "10.96.14.3"),
            ("MARBELLE_POSTGRES_SERVICE_HOST", "10.96.14.4"),
            ("MARBELLE_NATS_PORT_4222_TCP", "tcp://10.96.14.5:4222"),
            ("MARBELLE_SERVICE_PORT_53_UDP_PROTO", "udp"),
        ] {
            assert!(is_of_service(variable, value), "{variable}={value}");
        }
        for (variable, value) in [
            ("MARBELLE_PORT", "8080"),
            ("MARBELLE_SERVICE_PORT", "127.0.0.1:9090"),
            ("MARBELLE_SERVICE_HOST", "metrics.example"),
            ("MARBELLE_PORT_X_TCP", "tcp://10.96.14.3:8080"),
            ("MARBELLE_PORT_8080_HTTP", "tcp://10.96.14.3:8080"),
            ("MARBELLE_LISTEN_PORT", "8080"),
            ("MARBELLE_SWEEP_PERIDO", "1s"),
        ] {
            assert!(!is_of_service(variable, value), "{variable}={value}");
        }
    }
}
