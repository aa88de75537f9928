//! TLS with ring as the explicit provider, independent of the process-wide one.

use super::failure::Failure;
use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider, pki_types::ServerName};
use std::{io, sync::Arc};
use tokio::{net::TcpStream, sync::OnceCell, task::spawn_blocking};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Adds TLS to connections. The machine's trusted certificates are read for the first one.
#[derive(Default)]
pub struct Tls(OnceCell<TlsConnector>);

impl Tls {
    /// Trusts only these certificates.
    #[cfg(test)]
    pub fn trusting(roots: RootCertStore) -> Self {
        Self(OnceCell::new_with(Some(connector(roots).unwrap())))
    }

    /// Starts TLS and verifies that the server is `host`, a name or an address.
    pub async fn secure(&self, connection: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| Failure::Url("has a host that no certificate can name"))?;
        let connector = self.0.get_or_try_init(of_this_machine).await?;
        connector.connect(name, connection).await.map_err(Failure::Tls)
    }
}

async fn of_this_machine() -> Result<TlsConnector, Failure> {
    let found = spawn_blocking(rustls_native_certs::load_native_certs)
        .await
        .map_err(|cause| Failure::Roots(cause.to_string()))?;
    let mut roots = RootCertStore::empty();
    // Some machines have a few invalid certificates among many valid ones.
    let (read, _) = roots.add_parsable_certificates(found.certs);
    if read == 0 {
        let causes: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(Failure::Roots(if causes.is_empty() { "there are none".into() } else { causes.join("; ") }));
    }
    connector(roots)
}

fn connector(roots: RootCertStore) -> Result<TlsConnector, Failure> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| Failure::Tls(io::Error::other(cause)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
