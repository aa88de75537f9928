//! Gathers the values of the file and the environment before they are parsed.
//!
//! The `config` crate is not used: its errors quote the value at fault, which may be a secret, and do not name its
//! source; and it stops at the first fault.

use super::{
    fault::{SettingsFault, Source},
    kubernetes::is_of_service,
    names::{CONFIG, Name, PREFIX},
    providers::{self, ProviderKey},
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

/// A raw value.
pub(super) enum Value {
    /// Text, a number or a boolean.
    One(String),
    /// An array of the file.
    Several(Vec<String>),
}

impl Value {
    /// The values of a list: in text, separated by commas.
    pub(super) fn items(&self) -> impl Iterator<Item = &str> {
        let items: Vec<&str> = match self {
            Self::One(text) => text.split(',').collect(),
            Self::Several(items) => items.iter().map(String::as_str).collect(),
        };
        items.into_iter().map(str::trim).filter(|item| !item.is_empty())
    }
}

/// The value of a setting in a source.
pub(super) struct Given {
    /// The value.
    pub(super) value: Value,
    /// The source.
    pub(super) source: Source,
}

/// The values of all settings.
pub(super) type AllGiven = BTreeMap<Name, Given>;

/// The values of one provider.
pub(super) type GivenProvider = BTreeMap<ProviderKey, Given>;

/// The values of each provider, by its name.
pub(super) type GivenProviders = BTreeMap<String, GivenProvider>;

/// The values of the file, if one is named, overridden by those of the environment.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) given: AllGiven,
    pub(super) providers: GivenProviders,
    /// Variables of the environment that Kubernetes set for a service.
    pub(super) ignored: Vec<String>,
    /// The faults in names and notation.
    pub(super) faults: Vec<SettingsFault>,
}

/// The setting that a variable names.
enum Named {
    One(Name),
    OfProvider(String, ProviderKey),
}

impl Gathered {
    /// Inserts a value; returns the former one of the same setting.
    fn put(&mut self, named: Named, given: Given) -> Option<Given> {
        match named {
            Named::One(name) => self.given.insert(name, given),
            Named::OfProvider(provider, key) => self.providers.entry(provider).or_default().insert(key, given),
        }
    }
}

/// Gathers both sources.
pub(super) fn gather(env: impl IntoIterator<Item = (String, String)>) -> Gathered {
    // In compose files and shells, `MARBELLE_X=` means "not set".
    let ours = env.into_iter().filter(|(variable, value)| variable.starts_with(PREFIX) && !value.trim().is_empty());
    let mut variables: BTreeMap<String, String> = ours.collect();
    let config = variables.remove(CONFIG);
    let mut gathered = config.map_or_else(Gathered::default, |path| read_file(Path::new(&path)));
    for (variable, value) in variables {
        match known(&variable, &Source::Environment) {
            Ok(named) => {
                gathered.put(named, Given { value: Value::One(value), source: Source::Environment });
            }
            Err(_) if is_of_service(&variable, &value) => gathered.ignored.push(variable),
            Err(fault) => gathered.faults.push(fault),
        }
    }
    gathered
}

fn known(variable: &str, source: &Source) -> Result<Named, SettingsFault> {
    let named = if variable.starts_with(providers::PREFIX) {
        providers::find(variable).map(|(provider, key)| Named::OfProvider(provider, key))
    } else {
        Name::find(variable).map(Named::One).map_err(|nearest| match variable {
            CONFIG => "belongs in the environment: a file cannot name another one".into(),
            _ => format!("there is no such setting; did you mean {nearest}?").into(),
        })
    };
    named.map_err(|message| SettingsFault { variable: variable.into(), source: source.clone(), message })
}

fn read_file(path: &Path) -> Gathered {
    let table = fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {error}"));
    let table = table.and_then(|text| {
        text.parse::<toml::Table>().map_err(|error| {
            // Not the parser's message: it quotes the line, which may hold a secret.
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("the file is not valid TOML: line {line}")
        })
    });
    let mut gathered = Gathered::default();
    match table {
        Ok(table) => File { source: Source::File(Arc::from(path)), gathered: &mut gathered }.table("", table),
        Err(message) => gathered.faults.push(SettingsFault {
            variable: CONFIG.into(),
            source: Source::Environment,
            message: message.into(),
        }),
    }
    gathered
}

struct File<'a> {
    source: Source,
    gathered: &'a mut Gathered,
}

impl File<'_> {
    fn table(&mut self, prefix: &str, table: toml::Table) {
        for (key, value) in table {
            let path = format!("{prefix}{}", key.to_uppercase());
            match value {
                toml::Value::Table(table) => self.table(&format!("{path}__"), table),
                value => self.value(&path, value),
            }
        }
    }

    fn value(&mut self, path: &str, value: toml::Value) {
        let variable = format!("{PREFIX}{}", path.strip_prefix(PREFIX).unwrap_or(path));
        let named = match known(&variable, &self.source) {
            Ok(named) => named,
            Err(fault) => return self.gathered.faults.push(fault),
        };
        let value = match value {
            toml::Value::Array(items) => items.into_iter().map(scalar).collect::<Option<_>>().map(Value::Several),
            value => scalar(value).map(Value::One),
        };
        let message = match value {
            Some(Value::One(text)) if text.trim().is_empty() => return,
            Some(value) => match self.gathered.put(named, Given { value, source: self.source.clone() }) {
                None => return,
                Some(_) => "is given twice, in two spellings",
            },
            None => "must be text, a whole number, true or false, or an array of these",
        };
        self.gathered.faults.push(SettingsFault { variable, source: self.source.clone(), message: message.into() });
    }
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}
