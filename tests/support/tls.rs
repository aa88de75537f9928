//! A private authority, and the certificates that it issues to servers and nodes.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use uuid::Uuid;

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Deleted with the authority.
    folder: TempDir,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub chain: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("marbelle-authority-").expect("a temporary folder");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // Each has a different name: with the same name another authority would be a forger, not a stranger.
        params.distinguished_name.push(DnType::CommonName, Uuid::now_v7().to_string());
        let certificate = params.self_signed(&key).expect("a certificate");
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).expect("the file is written");
        Self { issuer: Issuer::new(params, key), folder }
    }

    /// The file with which others trust it.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for this host name or IP address.
    pub fn certify(&self, name: &str) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([name.to_owned()]).expect("a valid name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let write = |file: String, text: String| -> PathBuf {
            let path = self.folder.path().join(file);
            std::fs::write(&path, text).expect("the file is written");
            path
        };
        Certificate {
            chain: write(format!("{name}.pem"), certificate.pem()),
            key: write(format!("{name}.key"), key.serialize_pem()),
        }
    }
}

impl Certificate {
    /// As arguments of `nats-server`.
    pub fn nats_arguments(&self) -> [String; 4] {
        let text = |path: &Path| path.display().to_string();
        ["--tlscert".into(), text(&self.chain), "--tlskey".into(), text(&self.key)]
    }
}
