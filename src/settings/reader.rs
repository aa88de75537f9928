//! Parses the settings one by one, and records faults instead of stopping at the first.

use super::{
    fault::{SettingsFault, SettingsFaults, Source},
    load::{AllGiven, Value},
    names::Name,
};
use std::borrow::Cow;

/// The fault of a value, worded to follow the setting's name. It never quotes the value.
pub(super) type Reason = Cow<'static, str>;

/// The given values, and the faults found so far.
///
/// A setting with a fault is treated as its default, so that the rest can be checked; [`Reader::finish`] returns
/// nothing but the faults if there are any.
pub(super) struct Reader {
    given: AllGiven,
    faults: Vec<SettingsFault>,
}

impl Reader {
    pub(super) fn new(given: AllGiven, faults: Vec<SettingsFault>) -> Self {
        Self { given, faults }
    }

    /// A setting with a default.
    pub(super) fn one<T>(&mut self, name: Name, default: T, parse: impl FnOnce(&str) -> Result<T, Reason>) -> T {
        self.optional(name, parse).unwrap_or(default)
    }

    /// An optional setting.
    pub(super) fn optional<T>(&mut self, name: Name, parse: impl FnOnce(&str) -> Result<T, Reason>) -> Option<T> {
        let parsed = match &self.given.get(&name)?.value {
            Value::One(text) => parse(text.trim()),
            Value::Several(_) => Err("must be one value, not an array".into()),
        };
        parsed.map_err(|reason| self.refuse(name, reason)).ok()
    }

    /// A setting with a list of values; `None` if it is not set. Each invalid value is a fault of its own.
    pub(super) fn list<T>(&mut self, name: Name, parse: impl Fn(&str) -> Result<T, Reason>) -> Option<Vec<T>> {
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for (item, place) in self.given.get(&name)?.value.items().zip(1..) {
            match parse(item) {
                Ok(value) => good.push(value),
                Err(reason) => bad.push(format!("entry {place}: {reason}")),
            }
        }
        for reason in bad {
            self.refuse(name, reason);
        }
        Some(good)
    }

    /// Records a fault for each of `names` that is not set or is an empty list.
    pub(super) fn require(&mut self, names: &[Name]) {
        for name in names {
            if self.given.get(name).is_none_or(|given| given.value.items().next().is_none()) {
                self.refuse(*name, "is required in production");
            }
        }
    }

    /// Records a fault.
    pub(super) fn refuse(&mut self, name: Name, reason: impl Into<Reason>) {
        let source = self.given.get(&name).map_or(Source::Unset, |given| given.source.clone());
        self.fault(name.variable().into(), source, reason);
    }

    /// Records a fault of a variable that is not among the names.
    pub(super) fn fault(&mut self, variable: String, source: Source, reason: impl Into<Reason>) {
        self.faults.push(SettingsFault { variable, source, message: reason.into() });
    }

    /// Whether none of `names` has a fault: only then are they compared.
    pub(super) fn sound(&self, names: &[Name]) -> bool {
        !self.faults.iter().any(|fault| names.iter().any(|name| name.variable() == fault.variable))
    }

    /// `settings`, if there is no fault.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, SettingsFaults> {
        if self.faults.is_empty() { Ok(settings) } else { Err(SettingsFaults(self.faults)) }
    }
}
