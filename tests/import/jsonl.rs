//! Accounts as lines of JSON: exported from one database and imported into the other, and from other systems.

use super::source::{Source, import, lines};
use crate::support::{Browser, Call, Database, IdentityProvider, Manner, Node, Session, answer, both_databases};
use serde_json::{Value, json};
use std::{os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

async fn export(node: &Node, file: &Path) -> String {
    let output = node.command(&["export", "jsonl", &file.display().to_string()]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::read_to_string(file).expect("the file")
}

async fn read(node: &Node, file: &Path, more: &[&str]) -> (Option<i32>, String) {
    let output = node.command(&[&["import", "jsonl", &file.display().to_string()], more].concat()).await;
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn other(database: &Database) -> impl Future<Output = Database> {
    let sqlite = *database == Database::Sqlite;
    async move { if sqlite { Database::postgres().await } else { Database::sqlite() } }
}

both_databases! {
    async fn accounts_are_unchanged_from_one_database_to_the_other(database: Database) {
        let folder = TempDir::new().expect("a folder");
        let (first, second) = (folder.path().join("first.jsonl"), folder.path().join("second.jsonl"));
        let target = other(&database).await;
        let provider = IdentityProvider::start(Manner::Plain).await;
        let node = Node::on(database).provider("shop", &provider).start().await;
        import(&node, &Source::like(&Database::sqlite()).await, &[]).await;
        let native = node.registered("ann").await;
        let upgraded = json!({ "email": "customer000@example.org", "password": "sea walk number 0" });
        node.http().ok("auth.login", upgraded.clone()).await;
        let protected = node.registered("bea").await;
        let session = protected.sign_in(&node).await;
        let factor = session.second_factor(&node).await;
        let mut browser = Browser { backed_up: Some(true), ..Browser::default() };
        session.add_passkey(&node, &mut browser, "Bea's phone").await;
        node.http().ok("auth.login_passkey", node.passkey_login(&mut browser).await).await;
        // One account with only a provider link, and Bea with a link as well.
        let cleo = json!({ "sub": "cleo", "email": crate::support::another_email("cleo"), "email_verified": true });
        let by_provider = async |node: &Node, claims: &Value| {
            let flow = node.http().ok("auth.begin_provider_login", json!({ "provider": "shop" })).await;
            node.http().call("auth.login_provider", provider.agree(&flow, claims.clone()).params(&flow)).await
        };
        by_provider(&node, &cleo).await.expect("a session");
        let linked = json!({ "sub": "bea", "email": "bea@elsewhere.example", "email_verified": false });
        let flow = session.http(&node).ok("providers.begin_link", json!({ "provider": "shop" })).await;
        session.http(&node).ok("providers.link", provider.agree(&flow, linked.clone()).params(&flow)).await;
        let text = export(&node, &first).await;
        assert_eq!(text.lines().count(), 192);
        let again = node.command(&["export", "jsonl", &first.display().to_string()]).await;
        assert_eq!(again.status.code(), Some(1), "it replaces nothing");

        let node = Node::on(target).provider("shop", &provider).start().await;
        assert_eq!(read(&node, &first, &["--dry-run"]).await.0, Some(0));
        assert_eq!(export(&node, &folder.path().join("none.jsonl")).await, "");
        let (status, printed) = read(&node, &first, &["--batch", "7"]).await;
        assert_eq!(status, Some(0), "{printed}");
        assert!(printed.contains("192  accounts made"), "{printed}");
        assert!(export(&node, &second).await == text, "the same bytes");
        let (status, printed) = read(&node, &first, &[]).await;
        assert!(status == Some(0) && printed.contains("192  accounts here already"), "{printed}");
        native.sign_in(&node).await;
        // The same passkey for another account.
        let bea = text.lines().find(|line| line.contains(&protected.email)).expect("her line");
        let mut other: Value = serde_json::from_str(bea).expect("JSON");
        other["id"] = "019aa3c5-1f00-7b44-b0aa-9c7d3e5f1a22".into();
        other["email"] = "another.bea@example.org".into();
        let (third, report) = (folder.path().join("third.jsonl"), folder.path().join("report.jsonl"));
        std::fs::write(&third, other.to_string()).expect("written");
        let (status, printed) = read(&node, &third, &["--report", &report.display().to_string()]).await;
        assert!(status == Some(0) && printed.contains("1  accounts made"), "{printed}");
        let reported = lines(&report);
        let cleared: Vec<_> = reported.iter().map(|line| (&line["action"], &line["field"])).collect();
        let expected = [json!("passkeys[0]"), json!("providers[0]")];
        assert_eq!(cleared, expected.iter().map(|field| (&reported[0]["action"], field)).collect::<Vec<_>>());
        assert_eq!(reported[0]["action"], "cleared");
        by_provider(&node, &cleo).await.expect("a session");
        let refused = by_provider(&node, &linked).await.expect_err("a refusal");
        assert_eq!(refused.kind, "second_factor_required");
        let challenge = async || {
            let refused = node.http().refused("second_factor_required", "auth.login", protected.credentials()).await;
            refused.data["challenge"].clone()
        };
        node.http().ok("auth.login_passkey", node.passkey_login(&mut browser).await).await;
        browser.passkeys[0].counter -= 2;
        node.http().refused("invalid_credentials", "auth.login_passkey", node.passkey_login(&mut browser).await).await;
        let code = factor.app.unused_code(&node).await;
        node.http().ok("auth.login_second_factor", answer(&challenge().await, "totp", &code)).await;
        let code = &factor.recovery_codes[0];
        node.http().ok("auth.login_second_factor", answer(&challenge().await, "recovery_code", code)).await;
        node.http().ok("auth.login", upgraded).await;
        let legacy = json!({ "email": "scrypt@example.org", "password": "a password by scrypt" });
        node.http().ok("auth.login", legacy).await;
    }

    async fn accounts_of_other_systems_keep_their_passwords(database: Database) {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("accounts.jsonl");
        let hashes = [
            "$2b$05$/fAcWOzdU3KIRM/jaMdRgOIbzRokqOjtpIz3g6Vub9G9cUWcp8IaS",
            "$argon2i$v=19$m=1024,t=2,p=2$aznshFKc3syiOo1qZyglXA$/qbKJVOu6JY81PPg/C5jWf13yQJTz5WH2PrsGi04rRo",
            "$pbkdf2-sha256$i=2000,l=32$E/+6r8XCttCH4xj/dRAqMw$0m+5v8QFkDINgQbfHo3jxQs9/WJQZh7RtknaPt9V5cw",
            "$scrypt$ln=10,r=8,p=1$wpjTGgNAqJWScu59j9G6Nw$bFqXuyBTg7Z/yycNRe1Kv7ZWk2AlivBS8fk27SYPjBM",
        ];
        let account = |n: usize, hash: &str| {
            json!({ "email": format!("other{n}@example.org"), "first_name": "Other", "password_hash": hash,
                "external_id": format!("shop:{n}"), "addresses": [] }).to_string()
        };
        let bad = [
            "no JSON".to_owned(),
            json!({ "email": "nowhere", "first_name": " ", "addresses": [{ "label": "", "first_name": "A",
                "address_line_1": "1", "city": "C", "country": "D" }] }).to_string(),
            account(0, hashes[0]),
            account(9, "md5$salt$fc67a36278b0b16220577c47386b6f98"),
            json!({ "email": "unknown@example.org", "first_name": "A", "is_staff": true }).to_string(),
            json!({ "email": "factor@example.org", "first_name": "A", "totp": { "secret": "no base32" },
                "recovery_code_hashes": ["x"] }).to_string(),
            json!({ "email": "passkey@example.org", "first_name": "A", "passkeys": [{ "credential_id": "",
                "public_key": "oA", "name": " ", "backup_eligible": false }] }).to_string(),
            json!({ "email": "link@example.org", "first_name": "A", "providers": [{ "provider": "", "label": " ",
                "issuer": "", "subject": "", "email": "x" }] }).to_string(),
        ];
        let good = hashes.iter().enumerate().map(|(n, hash)| account(n, hash));
        std::fs::write(&file, good.chain(bad).collect::<Vec<_>>().join("\n")).expect("written");
        let node = Node::start(database).await;
        let report = folder.path().join("report.jsonl");
        let (status, printed) = read(&node, &file, &["--report", &report.display().to_string()]).await;
        assert!(status == Some(1) && printed.contains("4  accounts made"), "{printed}");
        for n in 0..hashes.len() {
            let credentials = json!({ "email": format!("other{n}@example.org"), "password": "other systems" });
            for _ in 0..2 {
                Session::from_wire(node.http().ok("auth.login", credentials.clone()).await);
            }
        }
        let reported: Vec<(i64, Option<String>)> = lines(&report).iter()
            .map(|line| (line["id"].as_i64().unwrap(), line["field"].as_str().map(str::to_owned))).collect();
        let some = |text: &str| Some(text.to_owned());
        let mut expected = vec![
            (5, None), (6, some("addresses[0].label")), (6, some("email")), (6, some("first_name")),
            (8, some("password_hash")), (9, None), (7, some("email")), (10, some("recovery_code_hashes")),
            (10, some("totp.secret")), (11, some("passkeys")), (11, some("passkeys[0].credential_id")),
            (11, some("passkeys[0].name")), (11, some("passkeys[0].public_key")), (12, some("providers[0].email")),
            (12, some("providers[0].issuer")), (12, some("providers[0].label")), (12, some("providers[0].provider")),
            (12, some("providers[0].subject")),
        ];
        let mut reported = reported;
        reported.sort();
        expected.sort();
        assert_eq!(reported, expected);
    }
}

/// `WRITE_SCHEMAS=1 cargo test --test it the_schemas_in_the_documentation` writes them again.
#[test]
fn the_schemas_in_the_documentation_are_those_of_the_program() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, schema) in [
        ("accounts.schema.json", marbelle::import::jsonl::schema()),
        ("import-report.schema.json", schemars::schema_for!(marbelle::import::Line)),
    ] {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if std::env::var_os("WRITE_SCHEMAS").is_some() {
            std::fs::write(docs.join(name), &text).expect("written");
        }
        assert!(std::fs::read_to_string(docs.join(name)).expect(name) == text, "{name} is not as the program has it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exported_lines_match_the_schemas() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let validator = |name: &str| {
        let schema = serde_json::from_str(&std::fs::read_to_string(docs.join(name)).expect(name)).expect("JSON");
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
    };
    let node = Node::start(Database::sqlite()).await;
    let (_, report, _) = import(&node, &Source::like(&Database::sqlite()).await, &[]).await;
    let folder = TempDir::new().expect("a folder");
    let text = export(&node, &folder.path().join("accounts.jsonl")).await;
    let accounts = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let valid = validator("accounts.schema.json");
    accounts.for_each(|account: Value| assert!(valid.is_valid(&account), "{account}"));
    let valid = validator("import-report.schema.json");
    report.iter().for_each(|line| assert!(valid.is_valid(line), "{line}"));
}
