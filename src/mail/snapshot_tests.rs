//! Every letter in every language: `snapshots/<language>/<letter>.txt` and `.html`. After an intended change,
//! `UPDATE_SNAPSHOTS=1 cargo test snapshot` writes them again, for review in the diff.

use super::fixture::{Received, letter_in, renderer};
use crate::domain::{
    email::EmailAddress,
    ids::{InvitationId, MailId, RegistrationId, TokenId, WebhookId},
    letter::{AddressFamily, Content, OtherWay, SwitchedOff},
    profile::{Locale, Name},
    session::UserAgent,
    sign_in_methods::{PasskeyName, ProviderLabel},
    time::{Clock, Timestamp},
};
use std::{collections::BTreeMap, env, fs, path::Path};
use uuid::Uuid;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/snapshots");

/// One letter of each kind.
fn contents() -> [Content; 24] {
    let token = TokenId(Uuid::from_u128(2));
    [
        Content::VerifyEmail { registration: RegistrationId(Uuid::from_u128(1)), generation: 3 },
        Content::Invitation {
            invitation: InvitationId(Uuid::from_u128(4)),
            generation: 2,
            first_name: Some(Name::parse("Ann").unwrap()),
            last_name: Some(Name::parse("Lee").unwrap()),
        },
        Content::AlreadyRegistered,
        Content::ResetPassword { token },
        Content::PasswordWasReset {
            other_ways: vec![
                OtherWay::Passkey(PasskeyName::parse("Ann's phone").unwrap()),
                OtherWay::Provider(ProviderLabel::parse("Google").unwrap()),
            ],
        },
        Content::PasskeyAdded { name: PasskeyName::parse("Ann's phone").unwrap() },
        Content::PasskeyDeleted { name: PasskeyName::parse("Ann's phone").unwrap() },
        Content::ProviderLinked { label: ProviderLabel::parse("Google").unwrap() },
        Content::ProviderUnlinked { label: ProviderLabel::parse("Google").unwrap() },
        Content::PasswordChanged,
        Content::PasswordSet,
        Content::TotpEnabled,
        Content::TotpDisabled,
        Content::SecondFactorReset,
        Content::RecoveryCodesRenewed,
        Content::RecoveryCodeUsed { left: 3 },
        Content::ConfirmEmailChange { token },
        Content::DeleteAccount { token },
        Content::AccountDeleted,
        Content::EmailTaken,
        Content::EmailChangeRequested { new_email: EmailAddress::parse("ann.lee@example.net").unwrap() },
        Content::EmailChanged { new_email: EmailAddress::parse("ann.lee@example.net").unwrap() },
        Content::NewDevice {
            user_agent: UserAgent::cut("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            network: AddressFamily::Ipv6,
            at: Timestamp::from_unix(1_770_127_530).unwrap(),
        },
        Content::WebhookSwitchedOff {
            webhook: WebhookId(Uuid::from_u128(3)),
            url: "https://search.shop.example/hooks/accounts".to_owned(),
            why: SwitchedOff::Failing,
        },
    ]
}

/// The expected content of the files in [`FOLDER`], by name.
fn rendered() -> BTreeMap<String, String> {
    let renderer = renderer("The Shop", &Clock::system());
    let mut files = BTreeMap::new();
    for locale in Locale::NAMES.iter().filter_map(|name| Locale::from_name(name)) {
        for content in contents() {
            let name = format!("{}/{}", locale.as_str(), content.kind().as_str());
            let letter = letter_in(locale, content);
            let mail = Received::of(&renderer.render(MailId::new(), &letter).unwrap());
            files.insert(format!("{name}.txt"), format!("Subject: {}\n\n{}\n", mail.subject, mail.text));
            files.insert(format!("{name}.html"), mail.html + "\n");
        }
    }
    files
}

fn kept() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for language in fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(language).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(FOLDER).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read_to_string(file).unwrap());
        }
    }
    files
}

#[test]
fn every_letter_matches_its_snapshot() {
    let rendered = rendered();
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let _ = fs::remove_dir_all(FOLDER);
        for (name, text) in &rendered {
            let file = Path::new(FOLDER).join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }
    let kept = kept();
    assert!(kept.keys().eq(rendered.keys()), "the letters and the snapshots differ: {:?}", kept.keys());
    for (name, text) in rendered {
        assert_eq!(text, kept[&name], "{name}");
    }
}

#[test]
fn letters_differ_and_are_in_their_language() {
    let rendered = rendered();
    for (name, text) in &rendered {
        let same = rendered.iter().filter(|(_, other)| text == *other).count();
        assert_eq!(same, 1, "{name}");
    }
    for (name, page) in rendered.iter().filter(|(name, _)| name.ends_with(".html")) {
        let language = name.split_once('/').unwrap().0;
        assert!(page.contains(&format!("<html lang=\"{language}\">")), "{name}");
    }
}
