//! E-mail addresses: one plain ASCII address at a host name, lower-cased (docs/protocol.md, "Values").

use super::{
    fault::{Fault, Rule},
    text::{control_characters, normalise},
};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use uuid::Uuid;

/// The longest address that SMTP can carry (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const MAX_EMAIL: usize = 254;

/// The longest part before the `@` (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL_PART: usize = 64;

/// An address in its one stored form, so that equality is equality of mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Brings `raw` to its stored form: lower-cased, the domain in ASCII (UTS #46, so `bücher.example` becomes
    /// `xn--bcher-kva.example`).
    ///
    /// The part before the `@` is ASCII only: one beyond that needs SMTPUTF8 at every hop and has look-alikes.
    ///
    /// # Errors
    /// Every rule that `raw` breaks: `too_long`, `control_characters`, `format`.
    pub fn parse(raw: &str) -> Result<Self, Vec<Fault>> {
        let text = normalise(raw);
        let address = stored_form(&text);
        let mut faults = Vec::new();
        if address.as_ref().map_or_else(|| text.chars().count(), String::len) > MAX_EMAIL {
            faults.push(Fault::new(Rule::TooLong, format!("must have at most {MAX_EMAIL} characters")));
        }
        faults.extend(control_characters(&text));
        match address {
            Some(address) if faults.is_empty() => Ok(Self(address)),
            None if faults.is_empty() => {
                Err(vec![Fault::new(Rule::Format, "must be an e-mail address such as name@example.org")])
            }
            _ => Err(faults),
        }
    }

    /// An address that nobody can have (RFC 2606): it stands in where there is none and the same work must be done.
    pub fn nobodys(id: Uuid) -> Self {
        Self(format!("{id}@nobody.invalid"))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address of the greatest length.
    pub(super) fn largest() -> Self {
        Self("x".repeat(MAX_EMAIL))
    }
}

fn stored_form(text: &str) -> Option<String> {
    let (local_part, domain) = text.rsplit_once('@')?;
    // Longer texts are no domain: parsing them would be wasted work.
    if !is_dot_atom(local_part) || domain.len() > 4 * MAX_EMAIL {
        return None;
    }
    Some(format!("{}@{}", local_part.to_ascii_lowercase(), host_name(domain)?))
}

/// A `Dot-string` (RFC 5321 §4.1.2). Quoted forms are refused: hardly any mail system accepts them.
fn is_dot_atom(local_part: &str) -> bool {
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    local_part.len() <= MAX_LOCAL_PART && local_part.split('.').all(is_atom)
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// A host name of several labels in lower-case ASCII: letters, digits and hyphens (RFC 1123 §2.1). No top-level
/// domain begins with a digit, which every way of writing an IP address does at its end.
fn host_name(domain: &str) -> Option<String> {
    let uts46 = Uts46::new();
    let ascii = uts46.to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    let ascii = ascii.ok()?;
    let (_, top_level) = ascii.rsplit_once('.')?;
    (!top_level.starts_with(|c: char| c.is_ascii_digit())).then(|| ascii.into_owned())
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

    fn parsed(raw: &str) -> String {
        EmailAddress::parse(raw).unwrap_or_else(|faults| panic!("{raw:?}: {faults:?}")).as_str().to_owned()
    }

    #[test]
    fn one_mailbox_has_one_form() {
        assert_eq!(parsed(" Ann.Lee+x@Example.ORG "), "ann.lee+x@example.org");
        assert_eq!(parsed("o'hara_{1}#~@a--b.museum"), "o'hara_{1}#~@a--b.museum");
        assert_eq!(parsed("ann@1and1.1x.co"), "ann@1and1.1x.co");
    }

    #[test]
    fn an_umlaut_domain_is_stored_in_its_ascii_form() {
        for raw in [
            "a@bücher.example",
            "A@BÜCHER.example",
            "a@bu\u{308}cher.example",
            "a@xn--bcher-kva.example",
            "a@bücher。example",
        ] {
            assert_eq!(parsed(raw), "a@xn--bcher-kva.example", "{raw:?}");
        }
        assert_eq!(parsed("a@straße.example"), "a@xn--strae-oqa.example");
        assert_eq!(parsed("a@例え.テスト"), "a@xn--r8jz45g.xn--zckzah");
    }

    #[test]
    fn anything_but_a_plain_address_at_a_host_name_is_refused() {
        for raw in [
            "",
            "ann",
            "ann@",
            "@x.org",
            "ann@host",
            "ann@[127.0.0.1]",
            "ann@127.0.0.1",
            "ann@127.1",
            "ann@0x7f.1",
            "ann@192.0.2.0x7",
            "ann@[IPv6:::1]",
            "ann@::1",
            "ann@１２７.0.0.1",
            "a@ex*mple.com",
            "a@ex_mple.com",
            "a@-x.org",
            "a@x-.org",
            "a@xn--a.org",
            "a@x.org.",
            "a@.x.org",
            "a@x.1",
            "a@x y.org",
            "a@x%2eorg",
            "Ann <ann@x.org>",
            "mailto:ann@x.org",
            "\"a b\"@x.org",
            "a@x.org,b@x.org",
            "a@b@x.org",
            "ann@x..org",
            ".ann@x.org",
            "ann.@x.org",
            "a..b@x.org",
            "änn@x.org",
            "ſ@x.org",
            "a b@x.org",
            "ann\u{200b}@x.org",
        ] {
            let faults = EmailAddress::parse(raw).expect_err(raw);
            assert_eq!(faults.iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::Format], "{raw:?}");
        }
        for raw in ["ann@-x.org\r\nBcc: b@x.org", "ann@\u{202e}x.org", "a\0@x.org"] {
            assert_eq!(EmailAddress::parse(raw).unwrap_err()[0].rule, Rule::ControlCharacters, "{raw:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_smtp() {
        let domain = format!("{0}.{0}.{0}", "b".repeat(61));
        let of = |local: usize, domain: &str| EmailAddress::parse(&format!("{}@{domain}", "a".repeat(local)));
        assert!(of(64, &format!("{domain}.de")).is_ok());
        assert_eq!(of(65, "x.org").unwrap_err()[0].rule, Rule::Format);
        assert_eq!(of(64, &format!("{domain}.dev.x")).unwrap_err()[0].rule, Rule::TooLong);
        // Short as it is written, too long in ASCII.
        let umlauts = format!("{0}.{0}.{0}.{0}.org", "ü".repeat(50));
        assert!(of(64, &umlauts).is_err());
        assert_eq!(EmailAddress::parse(&"x".repeat(60_000)).unwrap_err()[0].rule, Rule::TooLong);
    }
}
