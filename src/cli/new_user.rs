//! The account that `marbelle user create` creates.

use super::{
    arguments::{maybe, take},
    database::DataError,
};
use crate::{
    account::{self, NewAccount},
    domain::{
        email::EmailAddress,
        fault::Faults,
        phone::Phone,
        profile::{ExternalId, Locale, Name, PersonalData},
    },
};
use clap::Args;
use std::io::{self, Read};

/// The most bytes of standard input that are read for a password hash: more than any hash has.
const LONGEST_INPUT: u64 = 4096;

/// The account.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(super) struct NewUser {
    /// The account's e-mail address.
    email: String,
    #[arg(long, value_name = "NAME")]
    first_name: String,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// For business customers.
    #[arg(long, value_name = "NAME")]
    company_name: Option<String>,
    /// With its country code.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The language of letters: en, de or sq; en without it.
    #[arg(long, value_name = "LANGUAGE")]
    locale: Option<String>,
    /// The id of the user in another system.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Read a password hash of another system from standard input, of a kind and cost that an import accepts.
    #[arg(long)]
    password_hash_stdin: bool,
}

impl NewUser {
    /// The account, or every rule that its fields break.
    pub(super) fn read(self) -> Result<NewAccount, DataError> {
        let mut faults = Faults::default();
        let email = take(&mut faults, "email", EmailAddress::parse(&self.email));
        let first_name = take(&mut faults, "--first-name", Name::parse(&self.first_name));
        let last_name = maybe(&mut faults, "--last-name", self.last_name.as_deref(), Name::parse);
        let company_name = maybe(&mut faults, "--company-name", self.company_name.as_deref(), Name::parse);
        let phone = maybe(&mut faults, "--phone", self.phone.as_deref(), Phone::parse);
        let locale = maybe(&mut faults, "--locale", self.locale.as_deref(), Locale::parse);
        let external_id = maybe(&mut faults, "--external-id", self.external_id.as_deref(), ExternalId::parse);
        let (Some(email), Some(first_name), true) = (email, first_name, faults.is_empty()) else {
            return Err(account::Error::InvalidParams(faults).into());
        };
        let password_hash = self.password_hash_stdin.then(read_hash).transpose()?;
        let locale = locale.unwrap_or_default();
        let person = PersonalData { first_name, last_name, company_name, phone, locale };
        Ok(NewAccount { email, person, external_id, password_hash })
    }
}

/// Not as an argument: every process can read those.
fn read_hash() -> Result<String, DataError> {
    let mut hash = String::new();
    io::stdin()
        .take(LONGEST_INPUT)
        .read_to_string(&mut hash)
        .map_err(|error| DataError::Invalid(format!("standard input could not be read: {error}")))?;
    Ok(hash.trim().to_owned())
}
