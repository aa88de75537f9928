//! Signing up by invitation (docs/protocol.md, "Methods").

use super::providers::{known, refused, sign_in};
use crate::support::{
    Call, Database, Http, IdentityProvider, Manner, Mischief, Node, Person, Reply, Session, another_email, answer,
    both_databases, won,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

const SCOPES: &str = "users:read,users:write";

/// A node where sign-up is by invitation, with a provider named `shop`.
async fn by_invitation(database: Database) -> (Node, IdentityProvider) {
    let provider = IdentityProvider::start(Manner::Plain).await;
    let node = Node::on(database).provider("shop", &provider).set("SIGN_UP", "invited");
    (node.start().await, provider)
}

/// The scopes of the operators' key.
async fn desk(node: &Node) -> Http {
    node.service_endpoint().await.with(SCOPES).await
}

/// Invites an address; returns the token of the letter, and the invitation's id.
async fn invite(node: &Node, desk: &Http, email: &str) -> (String, Value) {
    let invited = desk.ok("users.invite", json!({ "email": email })).await;
    let letter = node.smtp.letter_saying(email, "/accept-invitation?token=").await;
    (letter.token(), invited["invitation_id"].clone())
}

fn person(name: &str) -> Person {
    Person { email: another_email(name), password: crate::support::PASSWORD.to_owned() }
}

/// Parameters of `auth.register` with an invitation.
fn with_invitation(person: &Person, token: &str) -> Value {
    let mut params = person.registration();
    params["invitation"] = token.into();
    params
}

/// Starts a registration; returns the parameters that verify it by its letter's code.
async fn registering(node: &Node, person: &Person, token: &str) -> Value {
    let started = node.http().ok("auth.register", with_invitation(person, token)).await;
    let code = node.smtp.letter_saying(&person.email, "/verify-email?token=").await.code();
    json!({ "registration": started["registration"], "code": code })
}

/// The provider's claims about the person.
fn claims(person: &Person, is_verified: bool) -> Value {
    json!({ "sub": person.email, "email": person.email, "email_verified": is_verified })
}

/// Returns from the provider with an invitation.
async fn come_back(node: &Node, provider: &IdentityProvider, claims: &Value, token: &str) -> Reply {
    let begin = json!({ "provider": "shop", "invitation": token });
    let flow = node.http().ok("auth.begin_provider_login", begin).await;
    node.http().call("auth.login_provider", provider.agree(&flow, claims.clone()).params(&flow)).await
}

async fn closed_by_provider(node: &Node, provider: &IdentityProvider, claims: &Value, token: &str) {
    assert_eq!(come_back(node, provider, claims, token).await.expect_err("a refusal").kind, "sign_up_closed");
}

/// The invitation as it is listed.
async fn listed(desk: &Http, id: &Value) -> Value {
    let list = desk.ok("invitations.list", json!({})).await;
    let found = list.as_array().expect("invitations").iter().find(|invitation| invitation["id"] == *id);
    found.cloned().unwrap_or_default()
}

both_databases! {
    async fn an_invited_address_registers_once_and_no_other(database: Database) {
        let (node, _provider) = by_invitation(database).await;
        let (desk, http, ann) = (desk(&node).await, node.http(), person("ann"));
        assert_eq!(http.ok("auth.options", json!({})).await["sign_up"], "invited");
        let (token, id) = invite(&node, &desk, &ann.email).await;
        let (bobs, _) = invite(&node, &desk, &another_email("bob")).await;
        http.refused("sign_up_closed", "auth.register", ann.registration()).await;
        for bad in [&bobs, "made-up", ""] {
            http.refused("sign_up_closed", "auth.register", with_invitation(&ann, bad)).await;
        }
        http.refused("sign_up_closed", "auth.register", with_invitation(&person("eve"), &token)).await;
        // A token of another purpose is refused.
        let verification = registering(&node, &ann, &token).await;
        let handle = verification["registration"].as_str().expect("a handle");
        http.refused("sign_up_closed", "auth.register", with_invitation(&ann, handle)).await;
        assert_eq!(listed(&desk, &id).await["used_at"], Value::Null, "nothing is used up before the verification");

        http.ok("auth.verify_email", verification.clone()).await;
        http.ok("auth.login_registration", json!({ "registration": verification["registration"] })).await;
        assert!(listed(&desk, &id).await["used_at"].is_string());
        http.refused("sign_up_closed", "auth.register", with_invitation(&ann, &token)).await;
        assert!(!node.rows().await.contains(&token));
    }

    async fn nobody_can_learn_who_is_invited_or_has_an_account(database: Database) {
        let (node, _provider) = by_invitation(database).await;
        let (desk, invited, owner) = (desk(&node).await, person("ann"), person("bob"));
        invite(&node, &desk, &invited.email).await;
        desk.ok("users.create", json!({ "email": owner.email, "first_name": "Bob" })).await;
        for token in [None, Some("made-up")] {
            let mut reported = Vec::new();
            for person in [&invited, &owner, &person("eve")] {
                let params = token.map_or_else(|| person.registration(), |token| with_invitation(person, token));
                reported.push(node.http().call("auth.register", params).await.expect_err("a refusal"));
            }
            let kinds: Vec<_> = reported.iter().map(|error| (&error.kind, &error.message, &error.data)).collect();
            assert!(kinds.iter().all(|kind| kind == &kinds[0] && kind.0 == "sign_up_closed"), "{kinds:?}");
        }
    }

    async fn one_of_twenty_callers_with_one_invitation_creates_an_account(database: Database) {
        let (node, provider) = by_invitation(database).await;
        provider.set(Mischief::TakesCodesAgain);
        let (desk, http, ann) = (desk(&node).await, node.http(), person("ann"));
        let (token, id) = invite(&node, &desk, &ann.email).await;
        // Ten registrations with the letters' codes, ten sign-ins by the provider under different identities there.
        let mut calls = Vec::new();
        for number in 0..10 {
            let params = with_invitation(&ann, &token);
            let started = http.ok("auth.register", params).await;
            let code = node.smtp.letter_saying(&ann.email, "/verify-email?token=").await.code();
            calls.push(("auth.verify_email", json!({ "registration": started["registration"], "code": code })));
            let begin = json!({ "provider": "shop", "invitation": token });
            let flow = http.ok("auth.begin_provider_login", begin).await;
            let mut claims = claims(&ann, true);
            claims["sub"] = format!("ann {number} of {}", ann.email).into();
            calls.push(("auth.login_provider", provider.agree(&flow, claims).params(&flow)));
        }
        let replies = join_all(calls.iter().map(|(method, params)| http.call(method, params.clone()))).await;
        let lost = ["invalid_token", "conflict", "link_required", "sign_up_closed", "unavailable"];
        assert_eq!(won(replies, &lost), 1);
        assert!(listed(&desk, &id).await["used_at"].is_string());
        assert_eq!(desk.ok("users.count", json!({})).await["active"], 1);
    }

    async fn twenty_tabs_that_return_with_one_invitation_get_the_same_account(database: Database) {
        let (node, provider) = by_invitation(database).await;
        let (desk, ann) = (desk(&node).await, person("ann"));
        let (token, _) = invite(&node, &desk, &ann.email).await;
        let claims = claims(&ann, true);
        let came = join_all((0..20).map(|_| come_back(&node, &provider, &claims, &token))).await;
        assert_eq!(won(came, &[]), 20);
        assert_eq!(desk.ok("users.count", json!({})).await["active"], 1);
    }

    async fn replaced_withdrawn_and_expired_links_are_refused(database: Database) {
        let (node, provider) = by_invitation(database).await;
        let (desk, http, ann) = (desk(&node).await, node.http(), person("ann"));
        let (first, id) = invite(&node, &desk, &ann.email).await;
        let (second, same) = invite(&node, &desk, &ann.email).await;
        assert!(id == same && first != second, "the newest link of the same invitation is valid");
        http.refused("sign_up_closed", "auth.register", with_invitation(&ann, &first)).await;
        closed_by_provider(&node, &provider, &claims(&ann, true), &first).await;

        // A registration that was started in time can be verified, even if the person is invited again meanwhile.
        let verification = registering(&node, &ann, &second).await;
        let (third, _) = invite(&node, &desk, &ann.email).await;
        node.execute("UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000Z'").await;
        http.refused("sign_up_closed", "auth.register", with_invitation(&ann, &third)).await;
        closed_by_provider(&node, &provider, &claims(&ann, true), &third).await;
        http.ok("auth.verify_email", verification).await;

        let bob = person("bob");
        let (token, id) = invite(&node, &desk, &bob.email).await;
        let verification = registering(&node, &bob, &token).await;
        desk.ok("invitations.withdraw", json!({ "invitation_id": id })).await;
        http.refused("sign_up_closed", "auth.register", with_invitation(&bob, &token)).await;
        closed_by_provider(&node, &provider, &claims(&bob, true), &token).await;
        // Visible only to the holder of the code.
        let guess = json!({ "registration": verification["registration"], "code": "00000000" });
        http.refused("invalid_token", "auth.verify_email", guess).await;
        http.refused("sign_up_closed", "auth.verify_email", verification).await;
        http.refused("invalid_credentials", "auth.login", bob.credentials()).await;
    }

    async fn a_provider_registers_an_invited_address(database: Database) {
        let (node, provider) = by_invitation(database).await;
        let (desk, ann) = (desk(&node).await, person("ann"));
        refused(&node, &provider, &claims(&ann, true), "sign_up_closed").await;
        let params = json!({ "email": ann.email, "first_name": "Anna", "last_name": "Lee", "locale": "de-AT" });
        let id = desk.ok("users.invite", params).await["invitation_id"].clone();
        let token = node.smtp.letter_saying(&ann.email, "/accept-invitation?token=").await.token();
        closed_by_provider(&node, &provider, &known("eve"), &token).await;
        let session = Session::from_wire(come_back(&node, &provider, &claims(&ann, true), &token).await.expect("a session"));
        let profile = &session.sign_in["profile"];
        let reported = (&profile["email"], &profile["first_name"], &profile["last_name"], &profile["locale"]);
        assert_eq!(reported, (&json!(ann.email), &json!("Anna"), &json!("Lee"), &json!("de")));
        assert!(listed(&desk, &id).await["used_at"].is_string());
        closed_by_provider(&node, &provider, &known("eve"), &token).await;
        // A person who has an account signs in as usual.
        sign_in(&node, &provider, &claims(&ann, true)).await;

        // An address that the provider has not verified is verified first.
        let bob = person("bob");
        closed_by_provider(&node, &provider, &claims(&bob, false), "made-up").await;
        let (token, id) = invite(&node, &desk, &bob.email).await;
        let error = come_back(&node, &provider, &claims(&bob, false), &token).await.expect_err("a refusal");
        assert_eq!(error.kind, "email_not_verified");
        assert_eq!(listed(&desk, &id).await["used_at"], Value::Null);
        let code = node.smtp.letter_saying(&bob.email, "/verify-email?token=").await.code();
        let verification = json!({ "registration": error.data["registration"], "code": code });
        node.http().ok("auth.verify_email", verification).await;
        assert!(listed(&desk, &id).await["used_at"].is_string());
        sign_in(&node, &provider, &claims(&bob, false)).await;
    }

    async fn closed_sign_up_and_other_domains_are_refused_by_every_method(database: Database) {
        let (mut node, provider) = by_invitation(database).await;
        let (ann, bob) = (person("ann"), person("bob"));
        let (mine, waits) = {
            let desk = desk(&node).await;
            let (token, _) = invite(&node, &desk, &ann.email).await;
            let (bobs, _) = invite(&node, &desk, &bob.email).await;
            (token, registering(&node, &bob, &bobs).await)
        };
        node.stop().await;
        node.set("SIGN_UP", "closed");
        node.restart().await;
        let http = node.http();
        http.refused("sign_up_closed", "auth.register", ann.registration()).await;
        http.refused("sign_up_closed", "auth.register", with_invitation(&ann, &mine)).await;
        refused(&node, &provider, &claims(&ann, true), "sign_up_closed").await;
        for is_verified in [true, false] {
            closed_by_provider(&node, &provider, &claims(&ann, is_verified), &mine).await;
        }
        let invitation = json!({ "email": another_email("eve") });
        desk(&node).await.refused("sign_up_closed", "users.invite", invitation.clone()).await;
        // Registrations that wait may still be verified.
        http.ok("auth.verify_email", waits).await;

        node.stop().await;
        node.set("SIGN_UP", "invited");
        node.set("SIGN_UP_DOMAINS", "shop.example");
        node.restart().await;
        let rule: &[(&str, &[&str])] = &[("email", &["not_allowed"])];
        node.http().invalid(rule, "auth.register", with_invitation(&ann, &mine)).await;
        for is_verified in [true, false] {
            closed_by_provider(&node, &provider, &claims(&ann, is_verified), &mine).await;
        }
        let desk = desk(&node).await;
        desk.invalid(rule, "users.invite", invitation).await;
        let here = Person { email: "here@shop.example".to_owned(), ..person("here") };
        node.http().refused("sign_up_closed", "auth.register", here.registration()).await;
        let (token, _) = invite(&node, &desk, &here.email).await;
        node.http().ok("auth.register", with_invitation(&here, &token)).await;
    }

    async fn an_invitation_does_not_bypass_the_second_factor(database: Database) {
        let (node, provider) = by_invitation(database).await;
        let (desk, http, ann) = (desk(&node).await, node.http(), person("ann"));
        let (token, _) = invite(&node, &desk, &ann.email).await;
        let verification = registering(&node, &ann, &token).await;
        let another = registering(&node, &ann, &token).await;
        http.ok("auth.verify_email", verification.clone()).await;
        let session = ann.sign_in(&node).await;
        let link = session.http(&node).ok("providers.begin_link", json!({ "provider": "shop" })).await;
        session.http(&node).ok("providers.link", provider.agree(&link, claims(&ann, true)).params(&link)).await;
        let factor = session.second_factor(&node).await;

        for handle in [&verification, &another] {
            let handle = json!({ "registration": handle["registration"] });
            http.refused("invalid_token", "auth.login_registration", handle).await;
        }
        http.refused("invalid_token", "auth.verify_email", another).await;
        http.refused("sign_up_closed", "auth.register", with_invitation(&ann, &token)).await;
        let error = come_back(&node, &provider, &claims(&ann, true), &token).await.expect_err("a refusal");
        assert_eq!(error.kind, "second_factor_required");
        let code = answer(&error.data["challenge"], "totp", &factor.app.unused_code(&node).await);
        http.ok("auth.login_second_factor", code).await;
        desk.refused("conflict", "users.invite", json!({ "email": ann.email })).await;
        // Nor if the address was invited before the account had it.
        let (bobs, _) = invite(&node, &desk, &another_email("bob")).await;
        let moved = json!({ "sub": "another", "email": ann.email, "email_verified": true });
        let error = come_back(&node, &provider, &moved, &bobs).await.expect_err("a refusal");
        assert_eq!(error.kind, "link_required");
    }

    async fn with_open_sign_up_a_valid_invitation_is_used_up_and_an_invalid_one_ignored(database: Database) {
        let node = Node::start(database).await;
        let (desk, ann, bob) = (desk(&node).await, person("ann"), person("bob"));
        let (token, id) = invite(&node, &desk, &ann.email).await;
        for (person, token) in [(&ann, token.as_str()), (&bob, &token), (&person("eve"), "made-up")] {
            let verification = registering(&node, person, token).await;
            node.http().ok("auth.verify_email", verification).await;
        }
        assert!(listed(&desk, &id).await["used_at"].is_string());
        // An account that is created without an invitation leaves no open one behind.
        let cleo = person("cleo");
        let (_, id) = invite(&node, &desk, &cleo.email).await;
        let started = node.http().ok("auth.register", cleo.registration()).await;
        let code = node.smtp.letter_saying(&cleo.email, "/verify-email?token=").await.code();
        let verification = json!({ "registration": started["registration"], "code": code });
        node.http().ok("auth.verify_email", verification).await;
        assert_eq!(listed(&desk, &id).await, Value::Null);
    }
}
