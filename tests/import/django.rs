//! Hashes made by a current Django from the package registry, in addition to the stored ones.

use marbelle::{
    crypto::password::{Argon2Settings, PasswordHasher},
    domain::password::Password,
};
use std::{path::Path, process::Command};
use tempfile::TempDir;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Ignored by `cargo test`, since it needs a package index; `tests/run` runs it.
#[tokio::test]
#[ignore = "installs Django from a package index"]
async fn hashes_of_a_current_django_verify() {
    let folder = TempDir::new().expect("a folder");
    run(Command::new("python3").args(["-m", "venv"]).arg(folder.path()));
    let bin = folder.path().join("bin");
    run(Command::new(bin.join("pip")).args(["install", "--quiet", "django>=5.2", "argon2-cffi", "bcrypt"]));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/vectors/django_hashes.py");
    let hashes = run(Command::new(bin.join("python")).arg(script));
    let cheap = Argon2Settings { memory_kib: 64, passes: 1, lanes: 1 };
    let hasher = PasswordHasher::new(cheap, 1, 8).expect("a hasher");
    assert!(hashes.lines().count() > 20, "{hashes}");
    for line in hashes.lines() {
        let [kind, password, stored]: [String; 3] = serde_json::from_str(line).expect("a kind, a password, a hash");
        for (typed, ok) in [(password.clone(), true), (format!("x{password}"), false)] {
            let typed = Password::presented(&typed).expect("a password");
            let verified = hasher
                .verify(&typed, Some(&stored), None, marbelle::crypto::password::Queue::Strangers)
                .await
                .unwrap_or_else(|e| panic!("{stored}: {e}"));
            assert_eq!(verified.ok, ok, "{kind}: {stored}");
        }
    }
}
