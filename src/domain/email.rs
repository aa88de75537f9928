//! E-mail addresses: one plain address with a dotted domain, lower-cased (docs/protocol.md, "Values").

use super::{
    fault::{Fault, Rule},
    text::{control_characters, normalise},
};
use email_address::{EmailAddress as Syntax, Options};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The longest address that SMTP can carry (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const MAX_EMAIL: usize = 254;

/// An address in its one stored form, so that equality is equality of mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Brings `raw` to its stored form, or says every rule that it breaks.
    ///
    /// ASCII only: an address beyond that needs SMTPUTF8 at every hop and has look-alikes; the domain
    /// of an internationalised one can be given in its `xn--` form.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let text = normalise(raw).to_lowercase();
        let mut faults = Vec::new();
        if text.chars().count() > MAX_EMAIL {
            faults.push(Fault::new(Rule::TooLong, format!("must have at most {MAX_EMAIL} characters")));
        }
        faults.extend(control_characters(&text));
        if faults.is_empty() && !is_plain_address(&text) {
            faults.push(Fault::new(Rule::Format, "must be an e-mail address such as name@example.org"));
        }
        if faults.is_empty() { Ok(Self(text)) } else { Err(faults) }
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain_address(text: &str) -> bool {
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    text.is_ascii() && !text.contains('"') && Syntax::parse_with_options(text, options).is_ok()
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for EmailAddress {
    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": MAX_EMAIL })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        assert_eq!(EmailAddress::parse(" Ann.Lee+x@Example.ORG ").unwrap().as_str(), "ann.lee+x@example.org");
    }

    #[test]
    fn anything_but_a_plain_dotted_address_is_refused() {
        for raw in [
            "",
            "ann",
            "ann@",
            "@x.org",
            "ann@host",
            "ann@[127.0.0.1]",
            "Ann <ann@x.org>",
            "\"a b\"@x.org",
            "a@x.org,b@x.org",
            "ann@x..org",
            "änn@x.org",
            "a b@x.org",
            "ann@-x.org\r\nBcc: b@x.org",
        ] {
            assert!(EmailAddress::parse(raw).is_err(), "{raw:?}");
        }
        let long = format!("{}@{}.org", "a".repeat(64), "b".repeat(200));
        assert_eq!(EmailAddress::parse(&long).unwrap_err()[0].rule, Rule::TooLong);
    }
}
