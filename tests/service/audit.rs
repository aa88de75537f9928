//! `audit.list`: actions by service keys and by commands.

use crate::support::{
    Call, Database, Inside, Node, STORY, another_email, both_databases, eventually,
    inside::{account, disable, email},
    somebody, within,
};
use marbelle::{account::Operator, domain::user::UserRef};
use serde_json::{Value, json};
use std::time::Duration;

both_databases! {
    async fn it_names_keys_and_commands(database: Database) {
        let (node, person, session) = somebody(database).await;
        let endpoint = node.service_endpoint().await;
        let auditor = endpoint.with("audit").await;
        let desk = endpoint.http(&endpoint.key_named("Support desk", "keys,mails").await);
        let made = desk.ok("keys.create", json!({ "name": "mailer", "scopes": ["mails"] })).await;
        desk.ok("keys.revoke", json!({ "key_id": made["key"]["id"] })).await;
        let disabled = node.command(&["user", "disable", &person.email]).await;
        assert_eq!(disabled.status.code(), Some(0));

        let log = auditor.ok("audit.list", json!({ "limit": 3 })).await;
        assert_eq!(log["more"], true, "the keys that commands created");
        let recorded: Vec<Value> = log["entries"].as_array().expect("entries").iter()
            .map(|entry| json!([entry["actor"], entry["method"], entry["user_id"]])).collect();
        let user = &session.sign_in["profile"]["id"];
        assert_eq!(recorded, [
            json!(["command line", "users.disable", user]),
            json!(["Support desk", "keys.revoke", null]),
            json!(["Support desk", "keys.create", null]),
        ]);
        let [by_command, revoked, created] = [0, 1, 2].map(|at| &log["entries"][at]);
        assert_eq!(by_command["key_id"], Value::Null);
        assert!(created["key_id"].is_string() && created["key_id"] == revoked["key_id"]);
        assert_eq!(created["detail"], json!({
            "key_id": made["key"]["id"], "name": "mailer", "scopes": ["mails"], "expires_at": null,
        }));
        // A refused call and a second revocation change nothing.
        desk.ok("keys.revoke", json!({ "key_id": made["key"]["id"] })).await;
        desk.refused("forbidden", "keys.create", json!({ "name": "x", "scopes": ["audit"] })).await;
        let again = auditor.ok("audit.list", json!({ "limit": 1 })).await;
        assert_eq!(again["entries"][0], *by_command);

        let rest = auditor.ok("audit.list", json!({ "before": created["id"] })).await;
        assert_eq!(rest["more"], false);
        let methods: Vec<&str> =
            rest["entries"].as_array().expect("entries").iter().filter_map(|entry| entry["method"].as_str()).collect();
        assert_eq!(methods, ["keys.create", "keys.create"], "those that commands created");
        let secret = node.rows().await;
        assert!(!secret.contains(made["secret"].as_str().expect("a secret")));
    }

    async fn only_the_id_of_a_deleted_user_is_kept(database: Database) {
        let (node, person, session) = somebody(database).await;
        let auditor = node.service_endpoint().await.with("audit").await;
        for action in [&["user", "disable"][..], &["user", "enable"], &["user", "delete", "--yes"]] {
            let done = node.command(&[action, &[&person.email]].concat()).await;
            assert_eq!(done.status.code(), Some(0));
        }
        let log = auditor.ok("audit.list", json!({ "limit": 3 })).await;
        let entries = log["entries"].as_array().expect("entries");
        let methods: Vec<&Value> = entries.iter().map(|entry| &entry["method"]).collect();
        assert_eq!(methods, ["users.delete", "users.enable", "users.disable"]);
        for entry in entries {
            assert_eq!((&entry["user_id"], &entry["detail"]), (&session.sign_in["profile"]["id"], &json!({})));
        }
    }

    async fn deleted_users_are_removed_after_30_days_and_entries_after_a_year(database: Database) {
        let inside = Inside::on(&database, &[]);
        let (gone, present) = (email(&another_email("ann")), email(&another_email("bob")));
        let day = Duration::from_secs(86_400);
        inside.with(async |accounts| {
            for address in [&gone, &present] {
                account(accounts, address).await;
                disable(accounts, address).await;
            }
            let user = accounts.get_user(&UserRef::Email(gone.clone())).await.expect("an account");
            accounts.delete_user(user.profile.id, Operator::CommandLine).await.expect("deleted");
        }).await;
        let known = async || inside.with(async |accounts| {
            accounts.prune().await.expect("pruned");
            let (entries, more) = accounts.list_audit_log(None, 50).await.expect("the log");
            assert!(!more);
            entries.iter().map(|entry| entry.user_id.is_some()).collect::<Vec<_>>()
        }).await;
        assert_eq!(known().await, [true, true, true]);
        inside.advance(29 * day);
        assert_eq!(known().await, [true, true, true]);
        inside.advance(2 * day);
        assert_eq!(known().await, [false, true, false]);
        inside.advance(333 * day);
        assert_eq!(known().await, [false, true, false]);
        inside.advance(2 * day);
        assert_eq!(known().await, Vec::<bool>::new());
    }

    async fn bad_parameters_are_reported(database: Database) {
        let node = Node::start(database).await;
        let auditor = node.service_endpoint().await.with("audit").await;
        let rules: &[(&str, &[&str])] = &[("before", &["format"]), ("limit", &["out_of_range"])];
        auditor.invalid(rules, "audit.list", json!({ "before": "x", "limit": 201 })).await;
    }
}

/// An entry recorded at the moment of a user's deletion must not outlive the thirty days.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_races_with_a_deletion_names_nobody() {
    within(STORY, "the story", async {
        let (node, person, session) = somebody(Database::postgres().await).await;
        let service = node.service_endpoint().await.with("users:read,audit").await;
        let user = &session.sign_in["profile"]["id"];
        // The account is deleted after the export has read it and before the export is recorded.
        let mut deleting = node.database.connect().await;
        let delete = format!("BEGIN; SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", user.as_str().expect("an id"));
        sqlx::raw_sql(sqlx::AssertSqlSafe(delete)).execute(&mut deleting).await.expect("the account is locked");
        let params = json!({ "user_id": user });
        let export = tokio::spawn({
            let service = service.clone();
            async move { service.ok("users.export", params).await }
        });
        eventually("the note to wait for the deletion", || async {
            let mut watcher = node.database.connect().await;
            let sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            sqlx::query(sql).fetch_optional(&mut watcher).await.expect("an answer")
        })
        .await;
        let delete = format!("DELETE FROM users WHERE email = '{}'; COMMIT", person.email);
        sqlx::raw_sql(sqlx::AssertSqlSafe(delete)).execute(&mut deleting).await.expect("it is deleted");
        export.await.expect("an export");
        let log = service.ok("audit.list", json!({ "limit": 1 })).await;
        let entry = &log["entries"][0];
        assert_eq!((&entry["method"], &entry["user_id"]), (&json!("users.export"), &Value::Null));
    })
    .await;
}
