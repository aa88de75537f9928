//! `users.invite`, `invitations.*` and `marbelle invitation`.

use crate::support::{
    Call, Database, Http, Inside, Mood, Node, PASSWORD, Person, another_email, both_databases, eventually,
    inside::{account, email},
};
use marbelle::{
    account::Operator,
    domain::{
        ids::InvitationId,
        invitation::Invitee,
        profile::{Locale, Name},
        user::UserRef,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "Support desk";
const NOBODY: &str = "019aa3c5-1f00-7c10-8a51-6f1f6c2d9e07";

/// The newest entry of the audit log: actor, method, user and detail.
async fn audited(service: &Http) -> Value {
    let log = service.ok("audit.list", json!({ "limit": 1 })).await;
    let entry = &log["entries"][0];
    json!([entry["actor"], entry["method"], entry["user_id"], entry["detail"]])
}

async fn list(service: &Http) -> Vec<Value> {
    service.ok("invitations.list", json!({})).await.as_array().expect("invitations").clone()
}

fn invitee(address: &str) -> Invitee {
    let name = Some(Name::parse("Philippa").expect("a name"));
    Invitee { email: email(address), first_name: name.clone(), last_name: name, locale: Locale::En }
}

both_databases! {
    async fn an_address_is_invited_listed_and_withdrawn(database: Database) {
        let node = Node::on(database).set("SIGN_UP", "invited").start().await;
        let endpoint = node.service_endpoint().await;
        let service = endpoint.http(&endpoint.key_named(KEY, "users:write,audit").await);
        let (ann, bob) = (another_email("ann"), another_email("bob"));
        let params = json!({ "email": ann.to_uppercase(), "first_name": "Ann", "last_name": "Lee", "locale": "de-DE" });
        let invited = service.ok("users.invite", params).await;
        let id = &invited["invitation_id"];
        assert_eq!(audited(&service).await, json!([KEY, "users.invite", null, { "invitation_id": id }]));
        let letter = node.smtp.letter_to(&ann).await;
        assert!(letter.link().contains("/accept-invitation?token="), "{}", letter.text);
        assert!(letter.text.contains("Ann Lee") && letter.text.contains(&ann) && letter.text.contains("7 Tage"), "{}", letter.text);
        let other = service.ok("users.invite", json!({ "email": bob })).await;
        let listed = list(&service).await;
        let message: Vec<_> = listed.iter().map(|one| (&one["id"], &one["email"], &one["used_at"])).collect();
        assert_eq!(message, [(&other["invitation_id"], &json!(bob), &Value::Null), (id, &json!(ann), &Value::Null)]);
        assert_eq!(listed[1]["expires_at"], invited["expires_at"]);
        let again = service.ok("users.invite", json!({ "email": ann })).await;
        assert_eq!((&again["invitation_id"], list(&service).await.len()), (id, 2), "it has a new link");

        service.ok("invitations.withdraw", json!({ "invitation_id": id })).await;
        assert_eq!(audited(&service).await, json!([KEY, "invitations.withdraw", null, { "invitation_id": id }]));
        service.refused("not_found", "invitations.withdraw", json!({ "invitation_id": id })).await;
        let left: Vec<_> = list(&service).await.iter().map(|one| one["id"].clone()).collect();
        assert_eq!(left, [other["invitation_id"].clone()]);
        let rules: &[(&str, &[&str])] = &[("email", &["format"]), ("first_name", &["too_long"]), ("locale", &["format"])];
        let bad = json!({ "email": "x", "first_name": "x".repeat(101), "locale": "xx" });
        service.invalid(rules, "users.invite", bad).await;
    }

    async fn an_address_with_an_account_is_not_invited_and_a_used_invitation_is_not_withdrawn(database: Database) {
        let node = Node::on(database).set("LIMITS__MAILS_PER_MAILBOX", 2).start().await;
        let service = node.service_endpoint().await.with("users:write,users:delete,users:read").await;
        let email = another_email("ann");
        let mut tokens = Vec::new();
        for _ in 0..2 {
            service.ok("users.invite", json!({ "email": email })).await;
            tokens.push(node.smtp.letter_to(&email).await.token());
        }
        let before = list(&service).await;
        service.refused("rate_limited", "users.invite", json!({ "email": email })).await;
        assert_eq!(list(&service).await, before, "the link that was sent stays valid");
        let ann = Person { email: email.clone(), password: PASSWORD.to_owned() };
        let mut params = ann.registration();
        params["invitation"] = tokens[1].clone().into();
        let started = node.http().ok("auth.register", params).await;
        let code = node.smtp.letter_saying(&email, "/verify-email?token=").await.code();
        node.http().ok("auth.verify_email", json!({ "registration": started["registration"], "code": code })).await;

        let refused = service.refused("conflict", "users.invite", json!({ "email": email })).await;
        assert_eq!(refused.data["field"], "email");
        let used = &list(&service).await[0];
        assert!(used["used_at"].is_string(), "{used}");
        service.refused("forbidden", "invitations.withdraw", json!({ "invitation_id": used["id"] })).await;
        // Everything about the invitation is deleted with the account.
        let user = service.ok("users.get", json!({ "email": email })).await;
        service.ok("users.delete", json!({ "user_id": user["id"] })).await;
        assert_eq!(list(&service).await, Vec::<Value>::new());
        assert!(!node.rows().await.contains(&email));
    }

    async fn a_letter_that_waits_is_not_sent_once_its_invitation_is_void(database: Database) {
        let node = Node::on(database).set("SIGN_UP", "invited").start().await;
        let service = node.service_endpoint().await.with("users:write,mails").await;
        let [withdrawn, replaced, signed_up] = ["ann", "bob", "cleo"].map(another_email);
        node.smtp.be(Mood::RefuseForNow);
        let mut ids = Vec::new();
        for email in [&withdrawn, &replaced, &signed_up] {
            ids.push(service.ok("users.invite", json!({ "email": email })).await["invitation_id"].clone());
        }
        node.smtp.refused(3).await;
        service.ok("invitations.withdraw", json!({ "invitation_id": ids[0] })).await;
        service.ok("users.invite", json!({ "email": replaced })).await;
        service.ok("users.create", json!({ "email": signed_up, "first_name": "Cleo" })).await;

        node.smtp.be(Mood::Accept);
        node.execute("UPDATE mail_outbox SET next_attempt_at = created_at WHERE sent_at IS NULL").await;
        eventually("no letter to wait", || async {
            let waiting = service.ok("mails.list", json!({ "state": "waiting" })).await;
            (waiting["mails"] == json!([])).then_some(())
        }).await;
        let given_up = service.ok("mails.list", json!({ "state": "given_up" })).await;
        assert_eq!(given_up["mails"], json!([]), "nothing for the operator to look at");
        let invited = |email: &str| node.smtp.letters_to(email).iter().filter(|l| l.text.contains("/accept-invitation")).count();
        assert_eq!([&withdrawn, &replaced, &signed_up].map(|email| invited(email)), [0, 1, 0]);
        let bob = Person { email: replaced.clone(), password: PASSWORD.to_owned() };
        let mut params = bob.registration();
        params["invitation"] = node.smtp.letter_to(&replaced).await.token().into();
        node.http().ok("auth.register", params).await;
    }

    async fn commands_do_the_same(database: Database) {
        let node = Node::on(database).set("SIGN_UP", "invited").start().await;
        let service = node.service_endpoint().await.with("users:write,audit").await;
        let ann = another_email("ann");
        let invited = node.run_json(&["invitation", "create", &ann, "--first-name", "Ann", "--locale", "sq"]).await;
        let id = invited["invitation_id"].as_str().expect("an id");
        assert_eq!(audited(&service).await, json!(["command line", "users.invite", null, { "invitation_id": id }]));
        node.smtp.letter_saying(&ann, "Ftesë").await;
        let (status, message, _) = node.run(&["invitation", "create", &ann]).await;
        assert!(status == 0 && message.contains(id) && message.contains(&ann), "{message}");
        assert_eq!(node.run_json(&["invitation", "list"]).await, json!(list(&service).await));
        let (status, table, _) = node.run(&["invitation", "list"]).await;
        assert!(status == 0 && table.contains(&ann) && table.contains("open"), "{table}");

        let (status, _, message) = node.run(&["invitation", "create", "x", "--last-name", "", "--locale", "xx"]).await;
        assert!(status == 1 && message.contains("email") && message.contains("--locale"), "{message}");
        let (status, message, _) = node.run(&["invitation", "withdraw", id]).await;
        assert!(status == 0 && message.contains(id), "{message}");
        assert_eq!(audited(&service).await, json!(["command line", "invitations.withdraw", null, { "invitation_id": id }]));
        for unknown in [id, NOBODY] {
            let (status, _, message) = node.run(&["invitation", "withdraw", unknown]).await;
            assert!(status == 1 && message.contains(unknown), "{message}");
        }
        let taken = node.service_endpoint().await.with("users:write").await;
        taken.ok("users.create", json!({ "email": ann, "first_name": "Ann" })).await;
        let (status, _, message) = node.run(&["invitation", "create", &ann]).await;
        assert!(status == 1 && message.contains("has an account"), "{message}");
    }

    async fn an_invitation_is_valid_for_a_week_and_deleted_two_weeks_later(database: Database) {
        let inside = Inside::on(&database, &[]);
        let address = another_email("ann");
        let day = Duration::from_secs(86_400);
        let invited = inside.with(async |accounts| {
            accounts.invite(invitee(&address), Operator::CommandLine).await.expect("invited")
        }).await;
        let kept = async || inside.with(async |accounts| {
            accounts.prune().await.expect("pruned");
            let listed = accounts.list_invitations().await.expect("the list");
            listed.iter().map(|one| (one.id, one.expires_at)).collect::<Vec<(InvitationId, _)>>()
        }).await;
        assert_eq!(kept().await, [invited]);
        inside.advance(20 * day);
        assert_eq!(kept().await, [invited]);
        inside.advance(2 * day);
        assert_eq!(kept().await, []);
    }

    async fn it_is_deleted_by_a_restore_and_with_the_account_of_its_address(database: Database) {
        let inside = Inside::on(&database, &[]);
        let (ann, bob) = (another_email("ann"), another_email("bob"));
        inside.with(async |accounts| {
            for address in [&ann, &bob] {
                accounts.invite(invitee(address), Operator::CommandLine).await.expect("invited");
            }
            account(accounts, &email(&bob)).await;
            let listed = accounts.list_invitations().await.expect("the list");
            assert_eq!(listed.iter().map(|one| one.email.to_string()).collect::<Vec<_>>(), std::slice::from_ref(&ann));
            accounts.get_user(&UserRef::Email(email(&bob))).await.expect("an account");
            accounts.new_epoch().await.expect("a new epoch");
            assert_eq!(accounts.list_invitations().await.expect("the list"), []);
        }).await;
    }
}
