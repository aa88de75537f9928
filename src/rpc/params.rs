//! Parameters: an object, by name only; all faults are reported at once.
//!
//! [`params!`] declares the parameters of a method. The same lines parse them and describe them in the OpenRPC
//! document.

use crate::domain::{
    characters::is_refused,
    fault::{Fault, Faults, Rule},
    password::Password,
    text::shows_nothing,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The characters of a name or an address that a password is checked against: the length of the longest address.
const LONGEST_CONTEXT: usize = 254;

/// The settings that parameters are checked against.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The least number of characters of a new password.
    pub password_min_length: usize,
    /// A word that no password may be based on.
    pub shop_name: String,
}

/// The parameters of a method.
pub trait Params: Sized + Send + 'static {
    /// Whether a new password is among them. Estimating its strength takes milliseconds.
    const CHOOSES_PASSWORD: bool = false;

    /// Parses them; `None` if the reader has recorded a fault.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
    /// Content descriptors of the OpenRPC document.
    fn describe(generator: &mut SchemaGenerator) -> Vec<Value>;
}

/// A value that a parameter can have.
pub trait Param: JsonSchema + Sized {
    /// Parses it, or returns every rule that it breaks.
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>>;

    /// Whether a text means no value, where the value is optional.
    fn is_absent(text: &str) -> bool {
        shows_nothing(text)
    }

    /// The schema of requests, which may accept more than answers contain.
    fn request_schema(generator: &mut SchemaGenerator, nullable: bool) -> Schema {
        schema_of::<Self>(generator, nullable)
    }
}

/// The schema of `T`, or of `T` and `null`.
pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator, nullable: bool) -> Schema {
    if nullable { generator.subschema_for::<Option<T>>() } else { generator.subschema_for::<T>() }
}

/// Parses `params` into `P`, or returns every fault.
pub fn read<P: Params>(raw: Option<&str>, rules: &Rules) -> Result<P, Faults> {
    let present = match raw.map(str::trim) {
        None | Some("") => Map::new(),
        // Clients send an empty list to a method without parameters.
        Some(raw) if is_empty_list(raw) => Map::new(),
        Some(raw) => serde_json::from_str::<Map<String, Value>>(raw).map_err(|error| {
            let fault = match error.classify() {
                serde_json::error::Category::Data => Fault::new(Rule::Type, "must be an object: parameters go by name"),
                _ => Fault::new(Rule::Format, "is nested too deeply, or has a number out of range or half a character"),
            };
            Faults::one("params", fault)
        })?,
    };
    let mut reader = Reader { present, rules, faults: Faults::default() };
    let params = P::read(&mut reader);
    for unknown in reader.present.keys() {
        let name: String = unknown.chars().filter(|c| !is_refused(*c)).take(100).collect();
        reader.faults.add(name, Fault::new(Rule::Unknown, "is not a parameter of this method"));
    }
    match params {
        Some(params) if reader.faults.is_empty() => Ok(params),
        _ => Err(reader.faults),
    }
}

fn is_empty_list(raw: &str) -> bool {
    raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|between| between.trim_ascii().is_empty())
}

/// Takes parameters by name and records their faults.
pub struct Reader<'r> {
    present: Map<String, Value>,
    rules: &'r Rules,
    faults: Faults,
}

impl Reader<'_> {
    /// A required value.
    pub fn required<T: Param>(&mut self, name: &'static str) -> Option<T> {
        match self.present.remove(name) {
            None => self.fault(name, Fault::new(Rule::Required, "is required")),
            Some(Value::Null) => self.fault(name, Fault::new(Rule::NotNull, "must not be null")),
            Some(value) => self.parsed(name, &value),
        }
    }

    /// A value that may be absent, `null` or blank text, which all mean the same.
    pub fn optional<T: Param>(&mut self, name: &'static str) -> Option<Option<T>> {
        match self.present.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) if T::is_absent(&text) => Some(None),
            Some(value) => self.parsed(name, &value).map(Some),
        }
    }

    /// An edit of a field that cannot be cleared.
    pub fn edit<T: Param>(&mut self, name: &'static str) -> Option<Option<T>> {
        if self.present.contains_key(name) { self.required(name).map(Some) } else { Some(None) }
    }

    /// A value that has a default.
    pub fn defaulted<T: Param + Default>(&mut self, name: &'static str) -> Option<T> {
        self.optional(name).map(Option::unwrap_or_default)
    }

    /// An edit of a field that `null` or blank text clears.
    pub fn clearable<T: Param>(&mut self, name: &'static str) -> Option<Option<Option<T>>> {
        if self.present.contains_key(name) { self.optional(name).map(Some) } else { Some(None) }
    }

    /// A new password, checked against the names and addresses that come with it, which are parsed afterwards.
    pub fn chosen_password(&mut self, name: &'static str) -> Option<Password> {
        let value = match self.present.remove(name) {
            None => return self.fault(name, Fault::new(Rule::Required, "is required")),
            Some(Value::Null) => return self.fault(name, Fault::new(Rule::NotNull, "must not be null")),
            Some(value) => value,
        };
        let Some(text) = value.as_str() else { return self.fault(name, type_fault("text")) };
        let mut context = vec![self.rules.shop_name.as_str()];
        for related in ["email", "first_name", "last_name", "company_name"] {
            context.extend(self.present.get(related).and_then(Value::as_str).map(beginning));
        }
        let email_local = self.present.get("email").and_then(Value::as_str).and_then(|email| email.split('@').next());
        context.extend(email_local.map(beginning));
        match Password::chosen(text, self.rules.password_min_length, &context) {
            Ok(password) => Some(password),
            Err(faults) => {
                faults.into_iter().for_each(|fault| self.faults.add(name, fault));
                None
            }
        }
    }

    /// A name that other methods accept and this one does not.
    pub fn refused(&mut self, name: &'static str, why: &'static str) {
        if self.present.remove(name).is_some() {
            self.faults.add(name, Fault::new(Rule::NotAllowed, why));
        }
    }

    /// Whether a value is given: absent, `null` and blank mean that it is not.
    pub fn is_given(&self, name: &str) -> bool {
        self.present.get(name).is_some_and(|value| match value {
            Value::Null => false,
            Value::String(text) => !shows_nothing(text),
            _ => true,
        })
    }

    /// Records a fault if a value is missing.
    pub fn needs(&mut self, name: &'static str) {
        if !self.is_given(name) {
            self.faults.add(name, Fault::new(Rule::Required, "is required"));
        }
    }

    /// Records a fault unless exactly one of these is given.
    pub fn exactly_one_of(&mut self, names: &[&'static str]) {
        let given: Vec<_> = names.iter().copied().filter(|name| self.is_given(name)).collect();
        let (wrong, rule, why) = match given.len() {
            0 => (names.to_vec(), Rule::Required, "is required"),
            1 => return,
            _ => (given, Rule::NotAllowed, "is not allowed beside the others"),
        };
        for name in wrong {
            self.faults.add(name, Fault::new(rule, format!("{why}: exactly one of {}", names.join(", "))));
        }
    }

    fn parsed<T: Param>(&mut self, name: &'static str, value: &Value) -> Option<T> {
        match T::from_param(value) {
            Ok(value) => Some(value),
            Err(faults) => {
                faults.into_iter().for_each(|fault| self.faults.add(name, fault));
                None
            }
        }
    }

    fn fault<T>(&mut self, name: &'static str, fault: Fault) -> Option<T> {
        self.faults.add(name, fault);
        None
    }
}

/// The part of a text that can be a name or an address: longer ones are refused, and must not make the search for them
/// in a password long.
fn beginning(text: &str) -> &str {
    text.char_indices().nth(LONGEST_CONTEXT).map_or(text, |(end, _)| &text[..end])
}

/// The fault of a value of the wrong JSON type.
pub fn type_fault(wanted: &str) -> Fault {
    Fault::new(Rule::Type, format!("must be {wanted}"))
}

/// A content descriptor.
pub fn describe<T: Param>(
    generator: &mut SchemaGenerator,
    name: &str,
    description: &str,
    required: bool,
    nullable: bool,
) -> Vec<Value> {
    vec![json!({
        "name": name,
        "description": description.trim(),
        "required": required,
        "schema": T::request_schema(generator, nullable),
    })]
}

/// Declares the parameters of a method: a struct of its own, or (`impl`) a domain type whose fields they are.
/// Each line is `mode name: Type`. The modes, which [`Reader`] explains:
///
/// | mode | absent | `null` or blank |
/// | --- | --- | --- |
/// | `required` | fault | fault |
/// | `optional` | `None` | `None` |
/// | `defaulted` | the default | the default |
/// | `edit` (a field that cannot be cleared) | `None`: unchanged | fault |
/// | `clearable` (an optional field) | `None`: unchanged | `Some(None)`: cleared |
/// | `chosen` (a new password) | fault | fault |
///
/// `flatten` includes the parameters of another declared type. `check` names a function that reports faults of the
/// parameters as a whole.
macro_rules! params {
    ($(#[$doc:meta])* $vis:vis struct $name:ident {
        $($(#[doc = $field_doc:literal])* $mode:ident $field:ident: $ty:ty,)*
        $(; refused $refused:ident: $why:literal)?
        $(; check $check:path)?
    }) => {
        $(#[$doc])*
        $vis struct $name {
            $($(#[doc = $field_doc])* pub $field: $crate::rpc::params::params!(@type $mode $ty),)*
        }

        $crate::rpc::params::params! { impl $name {
            $($(#[doc = $field_doc])* $mode $field: $ty,)*
            $(; refused $refused: $why)?
            $(; check $check)?
        } }
    };
    (impl $name:ident {
        $($(#[doc = $field_doc:literal])* $mode:ident $field:ident: $ty:ty,)*
        $(; refused $refused:ident: $why:literal)?
        $(; check $check:path)?
    }) => {
        impl $crate::rpc::params::Params for $name {
            const CHOOSES_PASSWORD: bool = false $(|| $crate::rpc::params::params!(@chooses $mode $ty))*;

            #[allow(unused_variables, reason = "a method without parameters reads none")]
            fn read(reader: &mut $crate::rpc::params::Reader<'_>) -> Option<Self> {
                $($check(reader);)?
                $(let $field = $crate::rpc::params::params!(@read reader $mode $field $ty);)*
                $(reader.refused(stringify!($refused), $why);)?
                Some(Self { $($field: $field?,)* })
            }

            #[allow(unused_variables, reason = "a method without parameters describes none")]
            fn describe(generator: &mut schemars::SchemaGenerator) -> Vec<serde_json::Value> {
                let described: Vec<Vec<serde_json::Value>> = vec![$($crate::rpc::params::params!(
                    @describe generator $mode $field $ty, concat!($($field_doc),*)
                ),)*];
                described.concat()
            }
        }
    };
    (@type required $ty:ty) => { $ty };
    (@type chosen $ty:ty) => { $ty };
    (@type optional $ty:ty) => { Option<$ty> };
    (@type defaulted $ty:ty) => { $ty };
    (@type flatten $ty:ty) => { $ty };
    (@type edit $ty:ty) => { Option<$ty> };
    (@type clearable $ty:ty) => { Option<Option<$ty>> };
    (@read $reader:ident required $field:ident $ty:ty) => { $reader.required::<$ty>(stringify!($field)) };
    (@read $reader:ident optional $field:ident $ty:ty) => { $reader.optional::<$ty>(stringify!($field)) };
    (@read $reader:ident defaulted $field:ident $ty:ty) => { $reader.defaulted::<$ty>(stringify!($field)) };
    (@read $reader:ident flatten $field:ident $ty:ty) => { <$ty as $crate::rpc::params::Params>::read($reader) };
    (@read $reader:ident edit $field:ident $ty:ty) => { $reader.edit::<$ty>(stringify!($field)) };
    (@read $reader:ident clearable $field:ident $ty:ty) => { $reader.clearable::<$ty>(stringify!($field)) };
    // The password's context must be read before those parameters are taken.
    (@read $reader:ident chosen $field:ident $ty:ty) => { $reader.chosen_password(stringify!($field)) };
    (@describe $g:ident flatten $field:ident $ty:ty, $doc:expr) => {
        <$ty as $crate::rpc::params::Params>::describe($g)
    };
    (@describe $g:ident $mode:ident $field:ident $ty:ty, $doc:expr) => {
        $crate::rpc::params::describe::<$ty>(
            $g,
            stringify!($field),
            $doc,
            $crate::rpc::params::params!(@required $mode),
            $crate::rpc::params::params!(@nullable $mode),
        )
    };
    (@chooses chosen $ty:ty) => { true };
    (@chooses flatten $ty:ty) => { <$ty as $crate::rpc::params::Params>::CHOOSES_PASSWORD };
    (@chooses $mode:ident $ty:ty) => { false };
    (@required required) => { true };
    (@required chosen) => { true };
    (@required $mode:ident) => { false };
    (@nullable optional) => { true };
    (@nullable defaulted) => { true };
    (@nullable clearable) => { true };
    (@nullable $mode:ident) => { false };
}
pub(crate) use params;

params! {
    /// The parameters of a method that has none.
    pub struct NoParams {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    params! {
        struct Chosen {
            chosen password: Password,
        }
    }

    #[test]
    fn the_context_of_a_password_is_bounded() {
        const { assert!(Chosen::CHOOSES_PASSWORD && !NoParams::CHOOSES_PASSWORD) };
        let rules = Rules { password_min_length: 8, shop_name: "Marbelle".to_owned() };
        let name: String = (0..12_000).map(|n| format!("{n:04} ")).collect();
        let raw = json!({ "password": "0123 4567 8910 1112 1314", "first_name": name }).to_string();
        let started = Instant::now();
        let faults = read::<Chosen>(Some(&raw), &rules).map(|chosen| chosen.password).expect_err("guessable");
        // All 12,000 words take ten times as long in an optimised build; the bound leaves room for a debug build.
        assert!(started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
        let named: Vec<String> = faults.into_iter().map(|(field, _)| field.to_string()).collect();
        assert!(named.contains(&"first_name".to_owned()), "{named:?}");
    }
}
