//! The wording and the link of a letter.

use super::texts::{
    EmailChanged, Moment, NewDevice, Notice, RecoveryCodeUsed, Request, Span, Texts, WebhookSwitchedOff,
};
use crate::{
    crypto::opaque_token::{OpaqueTokens, Purpose, Secret},
    domain::{
        characters::is_invisible,
        email::EmailAddress,
        ids::WebhookId,
        invitation::LIFETIME,
        letter::{AddressFamily, Content, OtherWay, SwitchedOff},
        profile::Name,
        session::UserAgent,
        sign_in_methods::{PasskeyName, ProviderLabel},
    },
};
use std::{sync::Arc, time::Duration};

/// With this many recovery codes left or fewer, the letter about the use of one asks the reader to make new ones.
const FEW_RECOVERY_CODES: i64 = 3;

/// The wording of one letter: paragraphs, facts, paragraphs, a button, paragraphs.
pub(super) struct Wording {
    pub subject: String,
    pub heading: &'static str,
    pub before: String,
    pub facts: Vec<Fact>,
    pub advice: Vec<&'static str>,
    pub button: &'static str,
    /// The button's target.
    pub link: String,
    /// A code that can be typed instead.
    pub code: Option<Fact>,
    pub after: Vec<String>,
}

/// A value with its label. Values that somebody else chose are shown as facts only, each on a line of its own, so that
/// they cannot pass for a sentence of the shop's.
pub(super) struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// Writes the wording of letters.
pub(super) struct Writer {
    pub shop: String,
    /// A URL without a trailing slash.
    pub frontend: String,
    pub link_lifetime: Duration,
    pub tokens: Arc<OpaqueTokens>,
}

impl Writer {
    /// The wording of `content`, sent to `to`, in the language of `texts`.
    pub(super) fn word(&self, texts: &Texts, to: &EmailAddress, content: &Content) -> Wording {
        let token = |purpose, id, counter| self.tokens.make(purpose, id, counter);
        match content {
            Content::VerifyEmail { registration, generation } => {
                let token = token(Purpose::VerifyEmail, registration.0, *generation);
                let code = self.tokens.make_code(Purpose::VerificationCode, registration.0, *generation);
                let code = Fact { name: texts.verification_code, value: code.expose().to_owned() };
                let request = self.request(texts, &texts.verify_email, "verify-email", &token);
                Wording { code: Some(code), ..request }
            }
            Content::Invitation { invitation, generation, first_name, last_name } => {
                let token = token(Purpose::Invitation, invitation.0, *generation);
                self.invitation(texts, &token, [first_name, last_name].into_iter().flatten(), to)
            }
            Content::AlreadyRegistered => self.notice(&texts.already_registered),
            Content::ResetPassword { token: id } => {
                let token = token(Purpose::ResetPassword, id.0, 0);
                self.request(texts, &texts.reset_password, "password-reset", &token)
            }
            Content::PasswordWasReset { other_ways } => self.password_was_reset(texts, other_ways),
            Content::PasskeyAdded { name } => self.passkey_changed(texts, &texts.passkeys.added, name),
            Content::PasskeyDeleted { name } => self.passkey_changed(texts, &texts.passkeys.deleted, name),
            Content::ProviderLinked { label } => self.provider_changed(texts, &texts.providers.linked, label),
            Content::ProviderUnlinked { label } => self.provider_changed(texts, &texts.providers.unlinked, label),
            Content::PasswordChanged => self.notice(&texts.password_changed),
            Content::PasswordSet => self.notice(&texts.sign_in_methods.password_set),
            Content::TotpEnabled => self.notice(&texts.sign_in_methods.totp_enabled),
            Content::TotpDisabled => self.notice(&texts.sign_in_methods.totp_disabled),
            Content::SecondFactorReset => self.notice(&texts.sign_in_methods.second_factor_reset),
            Content::RecoveryCodesRenewed => self.notice(&texts.sign_in_methods.recovery_codes_renewed),
            Content::RecoveryCodeUsed { left } => {
                self.recovery_code_used(&texts.sign_in_methods.recovery_code_used, *left)
            }
            Content::ConfirmEmailChange { token: id } => {
                let token = token(Purpose::ChangeEmail, id.0, 0);
                self.request(texts, &texts.confirm_email_change, "confirm-email-change", &token)
            }
            Content::DeleteAccount { token: id } => {
                let token = token(Purpose::DeleteAccount, id.0, 0);
                self.request(texts, &texts.deletion.request, "confirm-deletion", &token)
            }
            Content::AccountDeleted => self.notice(&texts.deletion.done),
            Content::EmailTaken => self.notice(&texts.email_taken),
            Content::EmailChangeRequested { new_email } => self.email_changed(&texts.email_change_requested, new_email),
            Content::EmailChanged { new_email } => self.email_changed(&texts.email_changed, new_email),
            Content::NewDevice { user_agent, network, at } => {
                let at = (texts.moment)(&Moment::of(*at, texts));
                self.new_device(&texts.new_device, user_agent.as_ref(), *network, at)
            }
            Content::WebhookSwitchedOff { webhook, url, why } => {
                self.webhook_switched_off(&texts.webhook_switched_off, *webhook, url, *why)
            }
        }
    }

    fn request(&self, texts: &Texts, request: &Request, page: &str, token: &Secret) -> Wording {
        let lifetime = (texts.span)(Span::of(self.link_lifetime));
        Wording {
            subject: (request.subject)(&self.shop),
            heading: request.heading,
            before: (request.request)(&self.shop),
            facts: vec![],
            advice: vec![],
            button: request.button,
            link: format!("{}/{page}?token={}", self.frontend, token.expose()),
            code: None,
            after: vec![(request.lifetime)(&lifetime), request.not_you.to_owned()],
        }
    }

    fn invitation<'a>(
        &self,
        texts: &Texts,
        token: &Secret,
        names: impl Iterator<Item = &'a Name>,
        to: &EmailAddress,
    ) -> Wording {
        let invitation = &texts.invitation;
        let name = names.map(|name| harmless(name.as_str())).collect::<Vec<_>>().join(" ");
        let name = Some(name).filter(|name| !name.is_empty());
        let name = name.map(|value| Fact { name: invitation.name, value });
        let email = Fact { name: invitation.email, value: harmless(to.as_str()) };
        let request = self.request(texts, &invitation.request, "accept-invitation", token);
        let lifetime = (texts.span)(Span::of(LIFETIME));
        Wording {
            facts: name.into_iter().chain([email]).collect(),
            after: vec![(invitation.request.lifetime)(&lifetime), invitation.request.not_you.to_owned()],
            ..request
        }
    }

    fn notice(&self, notice: &Notice) -> Wording {
        Wording {
            subject: (notice.subject)(&self.shop),
            heading: notice.heading,
            before: (notice.event)(&self.shop),
            facts: vec![],
            advice: vec![notice.advice],
            button: notice.button,
            link: self.frontend.clone(),
            code: None,
            after: vec![notice.not_you.to_owned()],
        }
    }

    fn recovery_code_used(&self, texts: &RecoveryCodeUsed, left: i64) -> Wording {
        let notice = self.notice(&texts.notice);
        Wording {
            facts: vec![Fact { name: texts.left, value: left.to_string() }],
            advice: if left <= FEW_RECOVERY_CODES { vec![texts.few] } else { notice.advice },
            ..notice
        }
    }

    fn password_was_reset(&self, texts: &Texts, other_ways: &[OtherWay]) -> Wording {
        let mut wording = self.notice(&texts.password_was_reset);
        if !other_ways.is_empty() {
            wording.before = format!("{} {}", wording.before, texts.passkeys.still_signs_in);
            wording.facts = other_ways.iter().map(|way| texts.other_way(way)).collect();
            wording.after.push(texts.passkeys.delete_other_ways.to_owned());
        }
        wording
    }

    fn passkey_changed(&self, texts: &Texts, changed: &Notice, name: &PasskeyName) -> Wording {
        let fact = Fact { name: texts.passkeys.passkey, value: harmless(name.as_str()) };
        Wording { facts: vec![fact], ..self.notice(changed) }
    }

    fn provider_changed(&self, texts: &Texts, changed: &Notice, label: &ProviderLabel) -> Wording {
        let fact = Fact { name: texts.passkeys.provider, value: harmless(label.as_str()) };
        Wording { facts: vec![fact], ..self.notice(changed) }
    }

    fn email_changed(&self, texts: &EmailChanged, new_email: &EmailAddress) -> Wording {
        Wording {
            subject: (texts.subject)(&self.shop),
            heading: texts.heading,
            before: (texts.event)(&self.shop),
            facts: vec![Fact { name: texts.new_email, value: harmless(new_email.as_str()) }],
            advice: vec![texts.advice],
            button: texts.button,
            link: self.frontend.clone(),
            code: None,
            after: vec![(texts.not_you)(&self.shop)],
        }
    }

    fn webhook_switched_off(
        &self,
        texts: &WebhookSwitchedOff,
        webhook: WebhookId,
        url: &str,
        why: SwitchedOff,
    ) -> Wording {
        let event = match why {
            SwitchedOff::Gone => texts.gone,
            SwitchedOff::Failing => texts.failing,
        };
        Wording {
            subject: (texts.subject)(&self.shop),
            heading: texts.heading,
            before: event.to_owned(),
            facts: vec![
                Fact { name: texts.url, value: harmless(url) },
                Fact { name: texts.webhook, value: webhook.to_string() },
            ],
            advice: vec![texts.advice],
            button: texts.button,
            link: self.frontend.clone(),
            code: None,
            after: vec![texts.events.to_owned()],
        }
    }

    fn new_device(
        &self,
        texts: &NewDevice,
        user_agent: Option<&UserAgent>,
        network: AddressFamily,
        at: String,
    ) -> Wording {
        let said = user_agent.map(|text| harmless(text.as_str())).filter(|text| !text.is_empty());
        Wording {
            subject: (texts.subject)(&self.shop),
            heading: texts.heading,
            before: (texts.event)(&self.shop),
            facts: vec![
                Fact { name: texts.time, value: at },
                Fact { name: texts.device, value: said.unwrap_or_else(|| texts.silent.to_owned()) },
                Fact { name: texts.network, value: network.as_str().to_owned() },
            ],
            advice: vec![texts.advice, texts.not_you],
            button: texts.button,
            link: self.frontend.clone(),
            code: None,
            after: vec![texts.reset.to_owned()],
        }
    }
}

impl Texts {
    fn other_way(&self, way: &OtherWay) -> Fact {
        match way {
            OtherWay::Passkey(name) => Fact { name: self.passkeys.passkey, value: harmless(name.as_str()) },
            OtherWay::Provider(label) => Fact { name: self.passkeys.provider, value: harmless(label.as_str()) },
        }
    }
}

/// `text` on one line and without invisible characters: control characters become spaces, and characters that change
/// the direction of writing are dropped.
pub(super) fn harmless(text: &str) -> String {
    let seen = |c: &char| !is_invisible(*c);
    let spaced: String = text.chars().filter(seen).map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn invisible_characters_are_removed() {
        for (text, shown) in [
            ("Firefox/140.0 (Ubuntu)", "Firefox/140.0 (Ubuntu)"),
            ("a\r\nBcc: x@y", "a Bcc: x@y"),
            ("\0a\u{85}b\t", "a b"),
            ("\u{202e}moc.live\u{202c} \u{2066}x\u{2069}\u{200f}", "moc.live x"),
            ("a\u{2028}b\u{feff}\u{200b}c\u{e0041}", "a bc"),
            ("\u{202e}\u{200b}", ""),
            ("Käse – žluťoučký 数 עברית 🦀", "Käse – žluťoučký 数 עברית 🦀"),
        ] {
            assert_eq!(harmless(text), shown);
        }
    }
}
