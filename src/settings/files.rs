//! The files that settings name, checked before the server starts.

use super::reader::Reason;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{fs, path::Path};

/// The certificates of authorities in PEM, at least one.
pub(super) fn authorities(option: &str, path: &Path) -> Result<(), Reason> {
    let mut roots = RootCertStore::empty();
    let certificates = certificates(option, path)?;
    certificates
        .into_iter()
        .try_for_each(|certificate| roots.add(certificate))
        .map_err(|_| format!("the file that `{option}` names holds a certificate that cannot be read").into())
}

/// A chain of certificates in PEM, and the key of the first in PEM.
pub(super) fn identity(chain: (&str, &Path), key: (&str, &Path)) -> Result<(), Reason> {
    certificates(chain.0, chain.1)?;
    let text = read(key.0, key.1)?;
    match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("the file that `{}` names holds no private key in PEM", key.0).into()),
    }
}

/// A file as `nsc generate creds` writes it: a JWT and the seed of an NKey.
pub(super) fn nats_credentials(option: &str, path: &Path) -> Result<(), Reason> {
    let text = read(option, path)?;
    if text.contains("BEGIN NATS USER JWT") && text.contains("BEGIN USER NKEY SEED") {
        Ok(())
    } else {
        Err(format!("the file that `{option}` names is not a credentials file of NATS").into())
    }
}

fn certificates(option: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Reason> {
    let text = read(option, path)?;
    let found = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if found.is_empty() {
        return Err(format!("the file that `{option}` names holds no certificate in PEM").into());
    }
    Ok(found)
}

fn read(option: &str, path: &Path) -> Result<String, Reason> {
    fs::read_to_string(path)
        .map_err(|error| format!("the file that `{option}` names cannot be read ({})", error.kind()).into())
}
