//! Commands beside a server: the settings that they read, and the database that they use.

use crate::support::{Call, DATABASE_PASSWORD, Database, Node, both_databases, marbelle};
use std::process::Output;
use tempfile::TempDir;

fn error_text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const ON_DATA: [&[&str]; 4] = [
    &["new-epoch"],
    &["user", "disable", "ann@example.org"],
    &["user", "enable", "ann@example.org"],
    &["user", "delete", "--yes", "ann@example.org"],
];

#[tokio::test]
async fn a_command_on_data_creates_no_database() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let settings = [("MARBELLE_DATA_DIR", data.to_str().unwrap())];
    for command in ON_DATA {
        let output = marbelle(command, &settings).await;
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let error_text = error_text(&output);
        assert!(error_text.contains(data.join("marbelle.db").to_str().unwrap()), "it names the database: {error_text}");
        assert!(error_text.contains("--env-file"), "and what may be wrong: {error_text}");
        assert!(!data.exists(), "{command:?} made something");
    }
}

#[tokio::test]
async fn a_database_without_tables_is_not_ours() {
    let database = Database::postgres().await;
    let url = database.url().expect("a URL").to_owned();
    let settings = [("MARBELLE_DATABASE_URL", url.as_str())];
    for command in ON_DATA {
        let output = marbelle(command, &settings).await;
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(!error_text(&output).contains(DATABASE_PASSWORD), "{}", error_text(&output));
    }
    let mut connection = database.connect().await;
    let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    let (tables,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await.expect("an answer");
    assert_eq!(tables, 0);
}

both_databases! {
    async fn a_command_on_data_names_its_database(database: Database) {
        let node = Node::start(database).await;
        let output = node.command(&["new-epoch"]).await;
        assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let name = match node.database.url() {
            Some(url) => url.rsplit('/').next().unwrap().to_owned(),
            None => node.data().join("marbelle.db").display().to_string(),
        };
        assert!(errors.lines().any(|line| line.starts_with("Database: ") && line.contains(&name)), "{errors}");
        assert!(!errors.contains(DATABASE_PASSWORD), "{errors}");
    }

    async fn an_account_is_deleted_after_confirmation(database: Database) {
        let node = Node::start(database).await;
        let person = node.registered("ann").await;
        let arguments = ["user", "delete", person.email.as_str()];
        for answer in ["", "n\n", "maybe\n"] {
            let output = node.command_reading(&arguments, answer).await;
            assert_eq!(output.status.code(), Some(1), "{answer:?}: {}", error_text(&output));
            assert!(error_text(&output).contains(&person.email), "it names the account: {}", error_text(&output));
            person.sign_in(&node).await;
        }
        let output = node.command_reading(&arguments, "y\n").await;
        assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
        node.http().refused("invalid_credentials", "auth.login", person.credentials()).await;
    }
}

#[tokio::test]
async fn a_systemd_environment_file_gives_the_settings() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("environment");
    let text = format!(
        "# what the unit reads\nMARBELLE_SHOP_NAME=\"Larch \\\"& Co\\\"\"\nMARBELLE_DATA_DIR='{}'\nMARBELLE_LIMITS__MAX_ADDRESSES = 7\n",
        data.display()
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [["--env-file", file, "check-config"], ["check-config", "--env-file", file]] {
        let output = marbelle(&arguments, &[("MARBELLE_SHOP_NAME", "of the shell")]).await;
        assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
        for line in ["MARBELLE_SHOP_NAME = Larch \"& Co\"\n", "MAX_ADDRESSES = 7\n"] {
            assert!(error_text(&output).contains(line), "{line} is not in\n{}", error_text(&output));
        }
    }
    let output = marbelle(&["--env-file", file, "migrate"], &[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
    assert!(data.join("marbelle.db").is_file());
    let output = marbelle(&["--env-file", file, "new-epoch"], &[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));

    std::fs::write(file, "MARBELLE_LISTEN=127.0.0.1:0\nexport MARBELLE_ENV=production\n").unwrap();
    let output = marbelle(&["--env-file", file, "check-config"], &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(error_text(&output).contains("line 2"), "{}", error_text(&output));
    let output = marbelle(&["--env-file", "/nonexistent/environment", "check-config"], &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(error_text(&output).contains("/nonexistent/environment"), "{}", error_text(&output));
}
