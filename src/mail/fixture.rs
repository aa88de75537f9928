//! What the tests of this module share.

use super::Renderer;
use crate::{
    crypto::{keys::Keys, opaque_token::OpaqueTokens},
    domain::{
        email::EmailAddress,
        letter::{Content, Letter},
        profile::Locale,
        time::Clock,
    },
    settings::{KeySettings, Mail, MailTransport},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{sync::Arc, time::Duration};

pub(super) fn tokens() -> Arc<OpaqueTokens> {
    let folder = tempfile::tempdir().unwrap();
    let token_secrets = vec![STANDARD.encode([7; 32]).into()];
    let settings = KeySettings { signing_key: None, verify_keys: vec![], token_secrets };
    Arc::new(OpaqueTokens::new(&Keys::load(&settings, folder.path()).unwrap()))
}

pub(super) fn renderer(shop: &str, clock: &Clock) -> Renderer {
    let mail = Mail {
        transport: MailTransport::File("unused".into()),
        from: "The Shop <no-reply@shop.example>".to_owned(),
        shop_name: shop.to_owned(),
    };
    let day = Duration::from_secs(24 * 60 * 60);
    Renderer::new(&mail, "https://shop.example", day, tokens(), clock.clone()).unwrap()
}

pub(super) fn letter(content: Content) -> Letter {
    Letter { to: EmailAddress::parse("ann@example.org").unwrap(), locale: Locale::En, content }
}
