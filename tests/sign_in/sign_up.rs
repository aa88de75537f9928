//! Registering, verifying the address, requesting another letter.

use crate::support::{Call, Database, Node, PASSWORD, Person, another_email, both_databases, verification};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// The one account that a verified registration makes.
async fn profile_of(node: &Node, person: &Person) -> Value {
    person.sign_in(node).await.http(node).ok("profile.get", json!({})).await
}

/// A registration of this address under other names and another password.
fn registration(email: &str, first_name: &str, password: &str) -> Value {
    json!({ "email": email, "password": password, "first_name": first_name, "last_name": "Lee" })
}

/// Text of this many characters, each of two bytes, that is hard to guess.
fn scrambled(length: usize) -> String {
    let step = |n: &mut u32| {
        *n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(*n)
    };
    let numbers = std::iter::successors(Some(7), |n| step(&mut n.clone()));
    numbers.take(length).filter_map(|n| char::from_u32(0x3b1 + (n >> 16) % 17)).collect()
}

const OTHER_PASSWORD: &str = "eleven loud geese above the harbour";

both_databases! {
    async fn a_registration_becomes_an_account_through_the_mailed_token(database: Database) {
        let node = Node::start(database).await;
        let (http, person) = (node.http(), Person { email: another_email("ann"), password: PASSWORD.into() });
        let accepted = http.ok("auth.register", person.registration()).await;
        assert!(accepted["message"].is_string(), "{accepted}");

        let letter = node.smtp.letter_to(&person.email).await;
        assert!(letter.link().starts_with("http://localhost:5173/verify-email?token="), "{}", letter.link());
        assert!(letter.html.contains(&letter.token()), "the HTML part has the link as well");
        let verified = http.ok("auth.verify_email", verification(letter.token())).await;
        assert_eq!(verified, json!({ "email": person.email }));

        let session = person.sign_in(&node).await;
        let state = session.http(&node).ok("account.get", json!({})).await;
        assert_eq!(state["revision"], 1, "a new account has revision 0, its first sign-in is 1");
        assert_eq!(state["addresses"], json!([]));
        let profile = &state["profile"];
        assert_eq!(profile["email"], person.email);
        assert_eq!((&profile["first_name"], &profile["last_name"]), (&json!("Ann"), &json!("Lee")));
        for absent in ["company_name", "phone", "pending_email"] {
            assert_eq!(profile[absent], Value::Null, "{absent}");
        }
        assert_eq!((&profile["is_business_customer"], &profile["revision"]), (&json!(false), &json!(0)));
    }

    async fn every_given_field_is_stored_in_its_normal_form(database: Database) {
        let node = Node::start(database).await;
        let email = another_email("zoe");
        let registration = json!({
            "email": format!("  {}  ", email.to_uppercase()),
            "password": PASSWORD,
            "first_name": "  Zoe\u{308} ",
            "last_name": "O’Neill",
            "company_name": " Lärche & Co ",
            "phone": "+49 (151) 2345-67.89",
            "locale": "de",
        });
        node.http().ok("auth.register", registration).await;
        let token = node.smtp.letter_to(&email).await.token();
        node.http().ok("auth.verify_email", verification(&token)).await;
        let profile = profile_of(&node, &Person { email: email.to_uppercase(), password: PASSWORD.into() }).await;
        assert_eq!(profile["email"], email);
        assert_eq!((&profile["first_name"], &profile["last_name"]), (&json!("Zoë"), &json!("O’Neill")));
        assert_eq!((&profile["company_name"], &profile["phone"]), (&json!("Lärche & Co"), &json!("+4915123456789")));
        assert_eq!((&profile["locale"], &profile["is_business_customer"]), (&json!("de"), &json!(true)));
    }

    async fn empty_optional_text_is_absent(database: Database) {
        let node = Node::start(database).await;
        let person = Person { email: another_email("ann"), password: PASSWORD.into() };
        let mut registration = person.registration();
        registration["company_name"] = "   ".into();
        registration["phone"] = "".into();
        node.http().ok("auth.register", registration).await;
        let token = node.smtp.letter_to(&person.email).await.token();
        node.http().ok("auth.verify_email", verification(&token)).await;
        let profile = profile_of(&node, &person).await;
        assert_eq!((&profile["company_name"], &profile["phone"]), (&Value::Null, &Value::Null));
    }

    async fn every_fault_of_a_registration_is_reported_at_once(database: Database) {
        let node = Node::start(database).await;
        let http = node.http();
        let faulty = json!({
            "email": "ann@host",
            "first_name": "x".repeat(101),
            "last_name": "a\u{0}b",
            "company_name": 7,
            "phone": "0151 23456789",
            "nickname": "annie",
        });
        http.invalid(
            &[
                ("email", &["format"]),
                ("password", &["required"]),
                ("first_name", &["too_long"]),
                ("last_name", &["control_characters"]),
                ("company_name", &["type"]),
                ("phone", &["format"]),
                ("nickname", &["unknown"]),
            ],
            "auth.register",
            faulty,
        )
        .await;
        let missing: [(&str, &[&str]); 3] =
            ["email", "password", "first_name"].map(|name| (name, &["required"][..]));
        http.invalid(&missing, "auth.register", json!({})).await;
        let missing: [(&str, &[&str]); 3] = ["token", "registration", "password"].map(|name| (name, &["required"][..]));
        http.invalid(&missing, "auth.verify_email", json!({})).await;
        let missing: [(&str, &[&str]); 2] = ["registration", "email"].map(|name| (name, &["required"][..]));
        http.invalid(&missing, "auth.resend_verification", json!({})).await;
        http.invalid(&missing[..1], "auth.await_verification", json!({})).await;
        http.invalid(&missing[..1], "auth.login_registration", json!({})).await;
        for (beside, given) in [
            (&["registration", "password"][..], json!({ "token": "t", "registration": "r", "password": PASSWORD })),
            (&["token", "code"], json!({ "token": "t", "registration": "r", "code": "12345678" })),
            (&["password"], json!({ "registration": "r", "code": "12345678", "password": PASSWORD })),
        ] {
            let faults: Vec<(&str, &[&str])> = beside.iter().map(|name| (*name, &["not_allowed"][..])).collect();
            http.invalid(&faults, "auth.verify_email", given).await;
        }
        http.invalid(&[("registration", &["required"])], "auth.verify_email", json!({ "code": "12345678" })).await;
        let both: [(&str, &[&str]); 2] = ["registration", "email"].map(|name| (name, &["not_allowed"][..]));
        let given = json!({ "registration": "r", "email": "ann@example.test" });
        http.invalid(&both, "auth.resend_verification", given).await;
    }

    async fn passwords_are_long_enough_and_hard_to_guess(database: Database) {
        let node = Node::start(database).await;
        let http = node.http();
        let email = another_email("bartholomew");
        let rules = |password: String, first_name: &'static str| {
            let (http, registration) = (&http, registration(&email, first_name, &password));
            async move {
                let error = http.refused("invalid_params", "auth.register", registration).await;
                let rules = error.rules();
                assert_eq!(rules.keys().collect::<Vec<_>>(), [&"password"], "{error:?}");
                rules["password"].iter().map(|rule| rule.to_string()).collect::<Vec<_>>()
            }
        };
        assert!(rules("x7Kq!2".into(), "Ann").await.contains(&"too_short".into()));
        assert_eq!(rules(scrambled(257), "Ann").await, ["too_long"]);
        for guessable in ["password1", "aaaaaaaaaaaaaaaa", "qwertyuiop", "12345678901234567890"] {
            assert_eq!(rules(guessable.into(), "Ann").await, ["guessable"], "{guessable}");
        }
        let of_the_context = ["bartholomew", "Marbelle2026", "Leopoldine1"];
        for guessable in of_the_context {
            assert_eq!(rules(guessable.into(), "Leopoldine").await, ["guessable"], "{guessable}");
        }
        // No composition rules, and the length counts Unicode scalar values.
        http.ok("auth.register", registration(&another_email("ann"), "Ann", "gorvil tamque sendu")).await;
        http.ok("auth.register", registration(&another_email("ann"), "Ann", &scrambled(256))).await;
    }

    async fn a_password_is_compared_in_compatibility_form_and_never_trimmed(database: Database) {
        let node = Node::start(database).await;
        let email = another_email("ann");
        node.http().ok("auth.register", registration(&email, "Ann", " ﬁve Åkesson larches ")).await;
        let token = node.smtp.letter_to(&email).await.token();
        let own = json!({ "token": token, "password": " ﬁve Åkesson larches " });
        node.http().ok("auth.verify_email", own).await;
        let login = |password: &str| json!({ "email": email, "password": password });
        node.http().ok("auth.login", login(" five A\u{30a}kesson larches ")).await;
        for other in ["five Åkesson larches", " ﬁve Åkesson larches", " FIVE Åkesson larches "] {
            node.http().refused("invalid_credentials", "auth.login", login(other)).await;
        }
    }

    async fn a_known_address_gets_the_same_answer_and_its_owner_a_notice(database: Database) {
        let node = Node::start(database).await;
        let owner = node.registered("owner").await;
        let fresh = node.http().ok("auth.register", registration(&another_email("new"), "Ann", PASSWORD)).await;
        let known = node.http().ok("auth.register", registration(&owner.email, "Mallory", OTHER_PASSWORD)).await;
        assert_eq!(known["message"], fresh["message"], "the answer reveals nothing");
        let length = |answer: &Value| answer["registration"].as_str().map(str::len);
        assert_eq!(length(&known), length(&fresh));
        let notice = node.smtp.letter_to(&owner.email).await;
        assert!(!notice.text.contains("token=") && !notice.html.contains("token="), "{}", notice.text);
        assert!(!notice.raw.contains("Mallory"));
        // Nothing changed for the owner, and the other password is refused.
        let profile = profile_of(&node, &owner).await;
        assert_eq!(profile["first_name"], "Ann");
        let mallory = json!({ "email": owner.email, "password": OTHER_PASSWORD });
        node.http().refused("invalid_credentials", "auth.login", mallory).await;
    }

    async fn no_letter_to_an_unverified_address_repeats_what_the_registrant_typed(database: Database) {
        let node = Node::start(database).await;
        let email = another_email("victim");
        let registration = json!({
            "email": email,
            "password": "Qorvathian meadow lantern",
            "first_name": "Buy-Xanthippe",
            "last_name": "http://evil.example",
            "company_name": "Winquorum <b>now</b>",
        });
        node.http().ok("auth.register", registration).await;
        let first = node.smtp.letter_to(&email).await;
        node.http().ok("auth.resend_verification", json!({ "email": email })).await;
        let second = node.smtp.letter_to(&email).await;
        for letter in [first, second] {
            let shown = format!("{}\n{}\n{}\n{}", letter.raw, letter.subject, letter.text, letter.html).to_lowercase();
            for typed in ["xanthippe", "evil.example", "winquorum", "qorvathian"] {
                assert!(!shown.contains(typed), "{typed} in {shown}");
            }
        }
    }

    async fn every_invalid_token_gets_the_same_answer(database: Database) {
        let node = Node::start(database).await;
        let http = node.http();
        let person = node.unverified("ann").await;
        let first = node.smtp.letter_to(&person.email).await.token();
        http.ok("auth.resend_verification", json!({ "email": person.email })).await;
        let newest = node.smtp.letter_to(&person.email).await.token();
        assert_ne!(first, newest);
        let verify = |token: String| http.refused("invalid_token", "auth.verify_email", verification(&token));
        let superseded = verify(first.clone()).await;
        let forged = verify(format!("{}{}", if newest.starts_with('A') { 'B' } else { 'A' }, &newest[1..])).await;
        let cut = verify(newest[..newest.len() - 1].to_owned()).await;
        let long = verify("A".repeat(5000)).await;
        let foreign = verify("../../etc/passwd".into()).await;
        http.ok("auth.verify_email", verification(&newest)).await;
        let spent = verify(newest).await;
        let obsolete = verify(first).await;
        for error in [forged, cut, long, foreign, spent, obsolete] {
            assert_eq!(error, superseded);
        }
    }

    async fn twenty_callers_with_one_token_create_one_account(database: Database) {
        let node = Node::start(database).await;
        let person = node.unverified("ann").await;
        let token = node.smtp.letter_to(&person.email).await.token();
        let callers = (0..20).map(|_| {
            let (http, params) = (node.http(), verification(&token));
            async move { http.call("auth.verify_email", params).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = join_all(callers).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 19));
        for reply in lost {
            assert_eq!(reply.unwrap_err().kind, "invalid_token");
        }
        person.sign_in(&node).await;
    }

    async fn the_account_is_created_from_the_registration_of_the_token(database: Database) {
        let node = Node::start(database).await;
        let (http, email) = (node.http(), another_email("contested"));
        http.ok("auth.register", registration(&email, "Mallory", OTHER_PASSWORD)).await;
        let mallorys = node.smtp.letter_to(&email).await.token();
        http.ok("auth.register", registration(&email, "Ann", PASSWORD)).await;
        let anns = node.smtp.letter_to(&email).await.token();
        // The second registration left the first unchanged: each has its own token.
        http.ok("auth.verify_email", verification(&anns)).await;
        let dropped = http.call("auth.verify_email", verification(&mallorys)).await.unwrap_err();
        assert!(["invalid_token", "conflict"].contains(&dropped.kind.as_str()), "{dropped:?}");
        let mallory = json!({ "email": email, "password": OTHER_PASSWORD });
        http.refused("invalid_credentials", "auth.login", mallory).await;
        let profile = profile_of(&node, &Person { email, password: PASSWORD.into() }).await;
        assert_eq!(profile["first_name"], "Ann");
    }

    async fn an_earlier_registration_can_still_be_verified(database: Database) {
        let node = Node::start(database).await;
        let (http, email) = (node.http(), another_email("contested"));
        http.ok("auth.register", registration(&email, "Ann", PASSWORD)).await;
        let anns = node.smtp.letter_to(&email).await.token();
        http.ok("auth.register", registration(&email, "Mallory", OTHER_PASSWORD)).await;
        http.ok("auth.verify_email", verification(&anns)).await;
        let profile = profile_of(&node, &Person { email, password: PASSWORD.into() }).await;
        assert_eq!(profile["first_name"], "Ann");
    }

    async fn two_registrations_of_one_address_race_for_it(database: Database) {
        let node = Node::start(database).await;
        let (http, email) = (node.http(), another_email("contested"));
        let mut tokens = Vec::new();
        for name in ["Ann", "Bob", "Cid", "Dan"] {
            http.ok("auth.register", registration(&email, name, PASSWORD)).await;
            tokens.push(node.smtp.letter_to(&email).await.token());
        }
        let verifying = tokens.into_iter().map(|token| {
            let http = node.http();
            async move { http.call("auth.verify_email", verification(&token)).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = join_all(verifying).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 3), "one account per address");
        for error in lost.into_iter().map(Result::unwrap_err) {
            match error.kind.as_str() {
                "conflict" => assert_eq!(error.data["field"], "email"),
                kind => assert_eq!(kind, "invalid_token"),
            }
        }
        profile_of(&node, &Person { email, password: PASSWORD.into() }).await;
    }

    async fn a_further_letter_is_for_the_newest_registration(database: Database) {
        let node = Node::start(database).await;
        let (http, email) = (node.http(), another_email("ann"));
        http.ok("auth.register", registration(&email, "Older", OTHER_PASSWORD)).await;
        node.smtp.letter_to(&email).await;
        http.ok("auth.register", registration(&email, "Newer", PASSWORD)).await;
        node.smtp.letter_to(&email).await;
        http.ok("auth.resend_verification", json!({ "email": email })).await;
        let token = node.smtp.letter_to(&email).await.token();
        http.ok("auth.verify_email", verification(&token)).await;
        let profile = profile_of(&node, &Person { email, password: PASSWORD.into() }).await;
        assert_eq!(profile["first_name"], "Newer");
    }

    async fn requesting_another_letter_reveals_nothing(database: Database) {
        let node = Node::start(database).await;
        let (http, verified, unverified) = (node.http(), node.registered("ann").await, node.unverified("bob").await);
        let unknown = another_email("nobody");
        let mut answers = Vec::new();
        for email in [&verified.email, &unverified.email, &unknown] {
            answers.push(http.ok("auth.resend_verification", json!({ "email": email })).await);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        // Two letters to the unverified one; when the second is there, one to the unknown would be, too.
        node.smtp.letter_to(&unverified.email).await;
        node.smtp.letter_to(&unverified.email).await;
        assert_eq!(node.smtp.letters_to(&unknown).len(), 0);
    }
}
