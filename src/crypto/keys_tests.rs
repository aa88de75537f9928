use super::*;
use std::{fs, os::unix::fs::PermissionsExt};

/// RFC 8037 appendix A: the key, its public half and its thumbprint.
const RFC_PRIVATE: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
const RFC_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const RFC_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn nothing() -> KeySettings {
    KeySettings { signing_key: None, verify_keys: vec![], token_secrets: vec![] }
}

fn rfc_pem() -> String {
    pkcs8_v1(&SigningKey::from_bytes(&RFC_PRIVATE)).to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

fn secrets(keys: &Keys) -> Vec<Vec<u8>> {
    keys.secrets().map(<[u8]>::to_vec).collect()
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn keys_are_named_by_their_thumbprint() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::load(&KeySettings { signing_key: Some(rfc_pem().into()), ..nothing() }, dir.path()).unwrap();
    assert_eq!(keys.signing_public().kid, RFC_THUMBPRINT);
    assert_eq!(keys.signing_public().jwk()["x"], RFC_X);
    assert_eq!(keys.signing_public().jwk().get("d"), None);
}

#[test]
fn missing_keys_are_made_once_and_readable_by_their_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    assert_eq!(Keys::check(&nothing(), &dir), []);
    assert!(!dir.exists(), "checking makes nothing");

    let first = Keys::load(&nothing(), &dir).unwrap();
    assert_eq!(files(&dir), [SIGNING_KEY_FILE, TOKEN_SECRET_FILE]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join(SIGNING_KEY_FILE)), 0o600);
    assert_eq!(mode(&dir.join(TOKEN_SECRET_FILE)), 0o600);

    let second = Keys::load(&nothing(), &dir).unwrap();
    assert_eq!(first.signing_public().kid, second.signing_public().kid);
    assert_eq!(secrets(&first), secrets(&second));
    // 48 bytes are version 1: 16 of framing and the key.
    assert_eq!(first.signing_der().as_bytes().len(), 48);
}

#[test]
fn processes_that_start_at_once_agree() {
    let dir = tempfile::tempdir().unwrap();
    let kids: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| Keys::load(&nothing(), dir.path()).unwrap())).collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .map(|k| (k.signing_public().kid.clone(), secrets(&k)))
            .collect()
    });
    assert!(kids.iter().all(|kid| *kid == kids[0]));
    assert_eq!(files(dir.path()), [SIGNING_KEY_FILE, TOKEN_SECRET_FILE], "no drafts are left");
}

#[test]
fn keys_are_read_from_files_and_from_the_setting_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (key, secret) = (dir.path().join("k"), dir.path().join("s"));
    fs::write(&key, rfc_pem()).unwrap();
    fs::write(&secret, format!("{}\n", STANDARD.encode([1; 32]))).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let one_line = rfc_pem().replace('\n', "\\n");
    for signing_key in [path(&key), one_line] {
        let settings = KeySettings {
            signing_key: Some(signing_key.into()),
            verify_keys: vec![],
            token_secrets: vec![
                path(&secret).into(),
                URL_SAFE_NO_PAD.encode([0xff; 40]).into(),
                STANDARD.encode([0xff; 40]).into(),
            ],
        };
        let keys = Keys::load(&settings, dir.path()).unwrap();
        assert_eq!(keys.signing_public().kid, RFC_THUMBPRINT);
        assert_eq!(secrets(&keys), [vec![1; 32], vec![0xff; 40], vec![0xff; 40]]);
    }
}

#[test]
fn every_fault_is_reported_without_the_values() {
    let dir = tempfile::tempdir().unwrap();
    let given = ["-----BEGIN hunter2", "/no/such/hunter2", "hunter2hunter2hunter2"];
    let settings = KeySettings {
        signing_key: Some(given[0].into()),
        verify_keys: vec![given[1].into(), rfc_pem()],
        token_secrets: vec![STANDARD.encode([1; 31]).into(), given[1].into(), given[2].into()],
    };
    let faults = Keys::load(&settings, dir.path()).unwrap_err();
    use KeySetting::*;
    let at: Vec<_> = faults.iter().map(|fault| fault.setting).collect();
    assert_eq!(at, [SigningKey, VerifyKeys, VerifyKeys, TokenSecret, TokenSecret, TokenSecret]);
    let text = format!("{faults:?}");
    assert!(!text.contains("hunter2") && !text.contains("AQEB"), "{text}");
    assert_eq!(files(dir.path()), [""; 0], "with a fault, no file is made");
}

#[test]
fn a_corrupt_key_file_is_a_fault_and_is_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(SIGNING_KEY_FILE), "spoilt").unwrap();
    assert_eq!(Keys::check(&nothing(), dir.path())[0].setting, KeySetting::SigningKey);
    assert!(Keys::load(&nothing(), dir.path()).is_err());
    assert_eq!(fs::read_to_string(dir.path().join(SIGNING_KEY_FILE)).unwrap(), "spoilt");
}

#[test]
fn does_not_show_its_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let settings = KeySettings {
        signing_key: Some(rfc_pem().into()),
        verify_keys: vec![],
        token_secrets: vec![STANDARD.encode([7; 32]).into()],
    };
    let shown = format!("{:?} {settings:?}", Keys::load(&settings, dir.path()).unwrap());
    assert!(!shown.contains("157, 97, 177") && !shown.contains("7, 7, 7") && !shown.contains("BwcH"), "{shown}");
}
