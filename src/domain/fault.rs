//! Faults of the fields of a request (docs/protocol.md, "Errors").

use schemars::JsonSchema;
use serde::Serialize;
use std::{borrow::Cow, collections::BTreeMap};

/// The stable name of a broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Rule {
    Required,
    Unknown,
    Type,
    TooShort,
    TooLong,
    Format,
    OutOfRange,
    ControlCharacters,
    Guessable,
    Breached,
    SameAsPresent,
    NotNull,
    NotAllowed,
}

/// One broken rule, with a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    /// Which rule.
    pub rule: Rule,
    /// The same in English. Never repeats the value: it may be a secret.
    pub message: Cow<'static, str>,
}

impl Fault {
    /// A fault with its message.
    pub fn new(rule: Rule, message: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, message: message.into() }
    }
}

/// Every fault of a request, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Faults(BTreeMap<Cow<'static, str>, Vec<Fault>>);

impl Faults {
    /// Just one fault.
    pub fn one(field: impl Into<Cow<'static, str>>, fault: Fault) -> Self {
        let mut faults = Self::default();
        faults.add(field, fault);
        faults
    }

    /// Adds a fault of a field.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, fault: Fault) {
        self.0.entry(field.into()).or_default().push(fault);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Faults {
    type Item = (Cow<'static, str>, Vec<Fault>);
    type IntoIter = std::collections::btree_map::IntoIter<Cow<'static, str>, Vec<Fault>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
