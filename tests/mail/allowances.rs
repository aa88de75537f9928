//! The number of letters that a mailbox gets: of each kind, and from each network.

use crate::support::{
    Database, Inside, PASSWORD, another_email, both_databases,
    inside::{account, credentials, device, email, register, registration},
};
use futures_util::future::{try_join, try_join_all};
use marbelle::{
    domain::{client::Client, email::EmailAddress},
    sign_in::ResendTo,
};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn from(address: &str) -> Client {
    Client { ip: address.parse().expect("an address"), user_agent: None }
}

/// Requests another letter from each of these; returns how many were queued.
async fn resent(inside: &Inside, to: &EmailAddress, from_each: &[String]) -> i64 {
    inside
        .with(async |accounts| {
            let before = accounts.store.waiting_letters().await.expect("an answer").0;
            for address in from_each {
                accounts.resend_verification(ResendTo::Email(to), &from(address)).await.expect("accepted");
            }
            accounts.store.waiting_letters().await.expect("an answer").0 - before
        })
        .await
}

/// The same for letters that reset a password.
async fn resets(inside: &Inside, to: &EmailAddress, from_each: &[&str]) -> i64 {
    inside
        .with(async |accounts| {
            let before = accounts.store.waiting_letters().await.expect("an answer").0;
            for address in from_each {
                accounts.request_password_reset(to, None, &from(address)).await.expect("accepted");
            }
            accounts.store.waiting_letters().await.expect("an answer").0 - before
        })
        .await
}

fn times(address: &str, count: usize) -> Vec<String> {
    vec![address.to_owned(); count]
}

both_databases! {
    async fn a_network_gets_half_and_its_first_letter_always(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__MAILS_PER_MAILBOX", "10")]);
        let address = email(&another_email("ann"));
        inside.with(async |accounts| register(accounts, &address).await).await; // one letter, from 127.0.0.0/24
        // Addresses of one network share its half, in IPv6 those of a /48.
        let near: Vec<String> = (1..=8).map(|n| format!("192.0.2.{n}")).collect();
        assert_eq!(resent(&inside, &address, &near).await, 5);
        let near: Vec<String> = (1..=8).map(|n| format!("2001:db8:7:{n}::1")).collect();
        assert_eq!(resent(&inside, &address, &near).await, 4, "ten in total");
        // Beyond the ten only the first letter of each network, up to thirty.
        assert_eq!(resent(&inside, &address, &times("198.51.100.1", 3)).await, 1);
        let many: Vec<String> = (0..40).map(|n| format!("203.0.{n}.1")).collect();
        assert_eq!(resent(&inside, &address, &many).await, 19);
        // An hour later every allowance is full again.
        inside.advance(HOUR);
        assert_eq!(resent(&inside, &address, &times("192.0.2.1", 8)).await, 5);
    }

    async fn concurrent_requests_get_no_more_than_the_allowance(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__MAILS_PER_MAILBOX", "3")]);
        let (pending, owner) = (email(&another_email("pending")), email(&another_email("owner")));
        let known = inside
            .with(async |accounts| {
                register(accounts, &pending).await; // one letter
                account(accounts, &owner).await;
                accounts.sign_in(&credentials(&owner, PASSWORD), &device()).await.expect("a session").device_token
            })
            .await;
        inside
            .with(async |accounts| {
                let waiting = async || accounts.store.waiting_letters().await.expect("an answer").0;
                let near: Vec<Client> = (1..=30).map(|n| from(&format!("192.0.2.{n}"))).collect();
                let far: Vec<Client> = (1..=30).map(|n| from(&format!("203.0.{n}.1"))).collect();
                let before = waiting().await;
                let one = near.iter().map(|client| accounts.resend_verification(ResendTo::Email(&pending), client));
                try_join_all(one).await.expect("accepted");
                assert_eq!(waiting().await - before, 2, "half of them from one network");
                let many = far.iter().map(|client| accounts.resend_verification(ResendTo::Email(&pending), client));
                try_join_all(many).await.expect("accepted");
                assert_eq!(waiting().await - before, 8, "nine in total, three times the allowance, each a network's first");

                let before = waiting().await;
                let strangers = far.iter().map(|client| accounts.request_password_reset(&owner, None, client));
                let device = near.iter().map(|client| accounts.request_password_reset(&owner, Some(&known), client));
                try_join(try_join_all(strangers), try_join_all(device)).await.expect("accepted");
                assert_eq!(waiting().await - before, 9 + 3, "those of strangers and of the device");
                // Notices to an owner: one an hour.
                let before = waiting().await;
                try_join_all(far.iter().map(|client| accounts.register(registration(&owner), client))).await.expect("accepted");
                assert_eq!(waiting().await - before, 1);
            })
            .await;
    }

    async fn letters_for_a_known_device_do_not_use_up_the_open_allowance(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__MAILS_PER_MAILBOX", "10")]);
        let owner = email(&another_email("owner"));
        let asked = inside.with(async |accounts| {
            account(accounts, &owner).await;
            let signed_in = accounts.sign_in(&credentials(&owner, PASSWORD), &device()).await.expect("a session");
            let before = accounts.store.waiting_letters().await.expect("an answer").0;
            for _ in 0..12 {
                let known = Some(&signed_in.device_token);
                accounts.request_password_reset(&owner, known, &from("192.0.2.1")).await.expect("accepted");
            }
            accounts.store.waiting_letters().await.expect("an answer").0 - before
        })
        .await;
        assert_eq!(asked, 10, "its own allowance");
        assert_eq!(resets(&inside, &owner, &["192.0.2.1"; 7]).await, 5);
        assert_eq!(resets(&inside, &owner, &["198.51.100.1"; 7]).await, 5);
    }

    async fn half_of_an_odd_number_is_rounded_up(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__MAILS_PER_MAILBOX", "3")]);
        let address = email(&another_email("ann"));
        inside.with(async |accounts| register(accounts, &address).await).await;
        assert_eq!(resent(&inside, &address, &times("192.0.2.1", 5)).await, 2);
    }

    async fn kinds_have_allowances_of_their_own_and_notices_one_an_hour(database: Database) {
        let inside = Inside::on(&database, &[("LIMITS__MAILS_PER_MAILBOX", "10")]);
        let owner = email(&another_email("owner"));
        let notices = async || {
            inside.with(async |accounts| {
                let before = accounts.store.waiting_letters().await.expect("an answer").0;
                for n in 0..4 {
                    let registration = registration(&owner);
                    accounts.register(registration, &from(&format!("203.0.{n}.1"))).await.expect("accepted");
                }
                accounts.store.waiting_letters().await.expect("an answer").0 - before
            })
            .await
        };
        inside.with(async |accounts| account(accounts, &owner).await).await;
        assert_eq!(notices().await, 1, "wherever it is caused");
        // Nine registrations by strangers do not affect the owner's reset.
        assert_eq!(resets(&inside, &owner, &["192.0.2.1"; 7]).await, 5);
        assert_eq!(resets(&inside, &owner, &["198.51.100.1"; 7]).await, 5);
        assert_eq!(resets(&inside, &owner, &["203.0.113.1"; 2]).await, 1, "the owner's own network");
        inside.advance(HOUR);
        assert_eq!(notices().await, 1);
    }
}
