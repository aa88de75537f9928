//! Converts a user and their addresses. It is a pure function of the rows, so that it can be run again.

use super::{
    mailboxes::Duplicates,
    source::{AddressRow, EmailChangeRow, Time, UserRow},
};
use crate::{
    crypto::{
        legacy::{Cost, Unusable},
        password::{Argon2Settings, cost_of},
    },
    domain::{
        address::Address,
        email::EmailAddress,
        ids::{AddressId, RegistrationId, UserId},
        profile::{ExternalId, Locale, Name, PersonalData},
        time::Timestamp,
    },
    import::{
        addresses::{Draft, settle},
        fit::Row,
        report::{Action, Line},
    },
    store::{ImportedSignInMethods, ImportedUser, RegistrationLink, RegistrationRow},
};
use std::collections::HashSet;

pub(super) const USERS: &str = "users";
pub(super) const ADDRESSES: &str = "addresses";
const EMAIL_CHANGES: &str = "email_change_tokens";

/// The parameters of every conversion.
pub(super) struct Rules<'a> {
    pub(super) now: Timestamp,
    pub(super) argon2: Argon2Settings,
    /// The most addresses that a user can create.
    pub(super) max_addresses: usize,
    pub(super) duplicates: &'a Duplicates,
}

/// A user of the source, with their addresses.
pub(super) struct Person {
    pub(super) user: UserRow,
    pub(super) addresses: Vec<AddressRow>,
    pub(super) email_changes: Vec<EmailChangeRow>,
    /// Whether a letter asked the user to verify the address.
    pub(super) asked_to_verify: bool,
}

/// The result of converting a user.
pub(super) enum Outcome {
    /// An account with its addresses.
    Account(Box<ImportedUser>, Vec<Draft>),
    /// A registration whose address has yet to be verified.
    Registration(Box<RegistrationRow>),
    /// Nothing is imported.
    KeptOut,
}

/// The external id of a user, or of an address, of the Django application.
pub(super) fn external_id(id: i64) -> ExternalId {
    ExternalId::parse(&format!("django:{id}")).expect("a few characters of ASCII")
}

impl Rules<'_> {
    /// Converts a user, and reports what was done with each part that does not fit.
    pub(super) fn convert(&self, person: &Person, lines: &mut Vec<Line>) -> Outcome {
        let outcome = self.user(person, lines);
        let addresses_come = matches!(outcome, Outcome::Account(..));
        for address in person.addresses.iter().filter(|_| !addresses_come) {
            Row::new(ADDRESSES, address.id, lines).report(
                Action::KeptOut,
                None,
                "its user is not imported as an account",
            );
        }
        let waiting = |change: &&EmailChangeRow| !change.is_used && time(change.expires_at) > self.now;
        for change in person.email_changes.iter().filter(waiting) {
            let mut row = Row::new(EMAIL_CHANGES, change.id, lines);
            row.report(
                Action::Cleared,
                Some("new_email"),
                "a pending change is not imported: it has to be requested again",
            );
        }
        outcome
    }

    fn user(&self, person: &Person, lines: &mut Vec<Line>) -> Outcome {
        let user = &person.user;
        let mut row = Row::new(USERS, user.id, lines);
        let Ok(email) = EmailAddress::parse(&user.email) else {
            row.report(Action::KeptOut, Some("email"), "not a valid e-mail address");
            return Outcome::KeptOut;
        };
        if let Some(winner) = self.duplicates.winner_over(user.id) {
            row.report(
                Action::KeptOut,
                Some("email"),
                format!("user {winner} has the same e-mail address, written differently"),
            );
            return Outcome::KeptOut;
        }
        let (password_hash, cost) = self.password(&user.password, &mut row);
        let disabled = !user.is_active && (user.last_login.is_some() || !person.asked_to_verify);
        let registers = !user.is_active && !disabled;
        if registers && password_hash.is_none() {
            row.report(Action::KeptOut, Some("password"), "has not verified the address and has no usable password");
            return Outcome::KeptOut;
        }
        if user.is_staff || user.is_superuser {
            row.report(Action::Noted, Some("is_staff"), "staff are imported as customers");
        }
        if !user.username.eq_ignore_ascii_case(&user.email) {
            row.report(Action::Noted, Some("username"), "is not the e-mail address, which is used to sign in");
        }
        let person_of = self.personal_data(user, &email, &mut row);
        let created_at = self.past(user.date_joined, "date_joined", &mut row);
        let external_id = Some(external_id(user.id));
        if registers {
            return Outcome::Registration(Box::new(RegistrationRow {
                id: RegistrationId::new(),
                email,
                password_hash,
                external_id,
                first_name: person_of.first_name,
                last_name: person_of.last_name,
                company_name: person_of.company_name,
                phone: person_of.phone,
                locale: person_of.locale,
                token_generation: 1,
                token_expires_at: self.now,
                link: RegistrationLink::default(),
                invitation_id: None,
                created_at: self.now,
            }));
        }
        let account = ImportedUser {
            id: UserId::at(created_at),
            external_id,
            email,
            password_hash,
            imported_cost: cost.map(|cost| cost.to_string()),
            person: person_of,
            disabled_at: disabled.then_some(self.now),
            created_at,
            updated_at: created_at,
            sign_in_methods: ImportedSignInMethods::default(),
        };
        let addresses = self.addresses(person, lines);
        Outcome::Account(Box::new(account), addresses)
    }

    /// The hash to store, and the cost of verifying it.
    fn password(&self, stored: &str, row: &mut Row<'_>) -> (Option<String>, Option<Cost>) {
        match cost_of(stored, self.argon2) {
            Ok(cost) => (Some(stored.to_owned()), cost),
            Err(Unusable::NoPassword) => (None, None),
            Err(unusable) => {
                row.report(Action::Cleared, Some("password"), format!("{unusable}: a reset sets the first one"));
                (None, None)
            }
        }
    }

    fn personal_data(&self, user: &UserRow, email: &EmailAddress, row: &mut Row<'_>) -> PersonalData {
        let first_name = row.optional("first_name", &user.first_name).unwrap_or_else(|| {
            row.report(Action::Replaced, Some("first_name"), "is blank: the part of the address before the @");
            let local_part = email.as_str().split('@').next().unwrap_or_default();
            Name::parse(local_part).expect("at most 64 characters of visible ASCII")
        });
        PersonalData {
            first_name,
            last_name: row.optional("last_name", &user.last_name),
            company_name: row.optional("company_name", user.company_name.as_deref().unwrap_or_default()),
            phone: row.phone(user.phone.as_deref().unwrap_or_default()),
            locale: Locale::En,
        }
    }

    fn addresses(&self, person: &Person, lines: &mut Vec<Line>) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = person.addresses.iter().filter_map(|row| self.address(row, lines)).collect();
        settle(ADDRESSES, &mut drafts, HashSet::new(), false, lines);
        if drafts.len() > self.max_addresses {
            let mut row = Row::new(USERS, person.user.id, lines);
            let (has, most) = (drafts.len(), self.max_addresses);
            row.report(
                Action::Noted,
                Some("addresses"),
                format!("{has} are imported; no more can be added until there are fewer than {most}"),
            );
        }
        drafts
    }

    fn address(&self, source: &AddressRow, lines: &mut Vec<Line>) -> Option<Draft> {
        let mut row = Row::new(ADDRESSES, source.id, lines);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let label = row.optional("label", &source.label);
        let first_name = row.optional("first_name", &source.first_name);
        let line_1 = row.optional("address_line_1", &source.address_line_1);
        let (city, country) = (row.optional("city", &source.city), row.optional("country", &source.country));
        let required = [
            ("label", label.is_none()),
            ("first_name", first_name.is_none()),
            ("address_line_1", line_1.is_none()),
            ("city", city.is_none()),
            ("country", country.is_none()),
        ];
        let (Some(label), Some(first_name), Some(address_line_1), Some(city), Some(country)) =
            (label, first_name, line_1, city, country)
        else {
            for (field, _) in required.into_iter().filter(|(_, missing)| *missing) {
                row.report(Action::KeptOut, Some(field), "is blank, but required for an address");
            }
            return None;
        };
        let created_at = self.past(source.created_at, "created_at", &mut row);
        let address = Address {
            id: AddressId::at(created_at),
            label,
            first_name,
            last_name: row.optional("last_name", &source.last_name),
            company: row.optional("company", &text(&source.company)),
            address_line_1,
            address_line_2: row.optional("address_line_2", &text(&source.address_line_2)),
            city,
            state: row.optional("state", &text(&source.state)),
            postal_code: row.optional("postal_code", &text(&source.postal_code)),
            country,
            phone: row.phone(&text(&source.phone)),
            is_primary: source.is_primary,
            revision: 0,
            created_at,
            updated_at: time(source.updated_at).clamp(created_at, self.now),
        };
        Some(Draft { row: source.id, external_id: Some(external_id(source.id)), address })
    }

    fn past(&self, at: Time, field: &'static str, row: &mut Row<'_>) -> Timestamp {
        if time(at) > self.now {
            row.report(Action::Replaced, Some(field), "is in the future: replaced by the present");
        }
        time(at).min(self.now)
    }
}

pub(super) fn time(at: Time) -> Timestamp {
    Timestamp::new(at)
}
