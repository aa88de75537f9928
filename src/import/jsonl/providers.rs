//! Links to accounts at providers in a line of JSON.

use crate::{
    domain::{
        email::EmailAddress,
        fault::{Fault, Faults, Rule},
        ids::UserId,
        sign_in_methods::{ProviderLabel, ProviderName},
        time::Timestamp,
    },
    limits::PROVIDERS,
    store::ProviderLinkRow,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest issuer and subject, in bytes.
const MAX_BYTES: usize = 255;

/// An account at a provider that can sign in to this one (OpenID Connect).
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderRecord {
    /// The name of the provider in the settings.
    #[schemars(with = "ProviderName")]
    provider: String,
    /// The display name of the provider.
    #[schemars(with = "ProviderLabel")]
    label: String,
    /// The issuer as in its tokens (`iss`).
    #[schemars(length(min = 1, max = 255))]
    issuer: String,
    /// The user's id there (`sub`).
    #[schemars(length(min = 1, max = 255))]
    subject: String,
    /// The e-mail address that the provider reported when it was linked.
    #[schemars(with = "Option<EmailAddress>")]
    email: Option<String>,
    /// The account's `created_at` if absent.
    linked_at: Option<Timestamp>,
}

impl From<ProviderLinkRow> for ProviderRecord {
    fn from(row: ProviderLinkRow) -> Self {
        Self {
            provider: row.provider.as_str().to_owned(),
            label: row.label.as_str().to_owned(),
            issuer: row.issuer,
            subject: row.subject,
            email: row.email.map(|email| email.as_str().to_owned()),
            linked_at: Some(row.linked_at),
        }
    }
}

/// The links in a line, for the account `user`.
pub(super) fn read(
    records: Vec<ProviderRecord>,
    (user, created_at): (UserId, Timestamp),
    faults: &mut Faults,
) -> Vec<ProviderLinkRow> {
    if records.len() > PROVIDERS {
        faults.add("providers", Fault::new(Rule::OutOfRange, format!("must be at most {PROVIDERS}")));
    }
    let read = records.into_iter().enumerate().map(|(at, record)| record.read(at, user, created_at, faults));
    read.collect::<Vec<_>>().into_iter().flatten().collect()
}

impl ProviderRecord {
    fn read(self, at: usize, user_id: UserId, created_at: Timestamp, faults: &mut Faults) -> Option<ProviderLinkRow> {
        let mut fault = |field: &str, wrong: Vec<Fault>| {
            wrong.into_iter().for_each(|fault| faults.add(format!("providers[{at}].{field}"), fault));
        };
        let provider = ProviderName::parse(&self.provider).map_err(|wrong| fault("provider", wrong)).ok();
        let label = ProviderLabel::parse(&self.label).map_err(|wrong| fault("label", wrong)).ok();
        let email = self.email.as_deref().map(EmailAddress::parse).transpose();
        let email = email.map_err(|wrong| fault("email", wrong)).ok();
        for (field, text) in [("issuer", &self.issuer), ("subject", &self.subject)] {
            if text.is_empty() || text.len() > MAX_BYTES {
                fault(field, vec![Fault::new(Rule::OutOfRange, format!("must have 1 to {MAX_BYTES} bytes"))]);
            }
        }
        Some(ProviderLinkRow {
            issuer: self.issuer,
            subject: self.subject,
            user_id,
            provider: provider?,
            label: label?,
            email: email?,
            linked_at: self.linked_at.unwrap_or(created_at),
        })
    }
}
