//! Gathers what the file and the environment say, before anything is understood.
//!
//! Not through the `config` crate: its errors repeat the value at fault, which may be a secret, and do not
//! say which source it is from; and it stops at the first fault.

use super::{
    fault::{SettingsFault, Source},
    kubernetes::is_of_service,
    names::{CONFIG, Name, PREFIX},
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

/// A value as written.
pub(super) enum Value {
    /// Text, a number or a truth value.
    One(String),
    /// An array of the file.
    Several(Vec<String>),
}

impl Value {
    /// The values of a list: in text, what commas separate.
    pub(super) fn items(&self) -> impl Iterator<Item = &str> {
        let items: Vec<&str> = match self {
            Self::One(text) => text.split(',').collect(),
            Self::Several(items) => items.iter().map(String::as_str).collect(),
        };
        items.into_iter().map(str::trim).filter(|item| !item.is_empty())
    }
}

/// What a source says of a setting.
pub(super) struct Given {
    /// The value.
    pub(super) value: Value,
    /// The source.
    pub(super) source: Source,
}

/// What is given for each setting.
pub(super) type AllGiven = BTreeMap<Name, Given>;

/// What the file, if one is named, and over it the environment say; the variables of the environment that Kubernetes set
/// for a service; and the faults in how it is said.
pub(super) fn gather(env: impl IntoIterator<Item = (String, String)>) -> (AllGiven, Vec<String>, Vec<SettingsFault>) {
    let (mut passed_over, mut faults) = (Vec::new(), Vec::new());
    // `MARBELLE_X=` is how compose files and shells write "not set".
    let ours = env.into_iter().filter(|(variable, value)| variable.starts_with(PREFIX) && !value.trim().is_empty());
    let mut variables: BTreeMap<String, String> = ours.collect();
    let config = variables.remove(CONFIG);
    let mut given = config.map_or_else(AllGiven::new, |path| read_file(Path::new(&path), &mut faults));
    for (variable, value) in variables {
        match known(&variable, &Source::Environment) {
            Ok(name) => {
                given.insert(name, Given { value: Value::One(value), source: Source::Environment });
            }
            Err(_) if is_of_service(&variable, &value) => passed_over.push(variable),
            Err(fault) => faults.push(fault),
        }
    }
    (given, passed_over, faults)
}

fn known(variable: &str, source: &Source) -> Result<Name, SettingsFault> {
    Name::find(variable).map_err(|nearest| SettingsFault {
        variable: variable.into(),
        source: source.clone(),
        message: match variable {
            CONFIG => "belongs in the environment: a file does not name another".into(),
            _ => format!("there is no such setting; did you mean {nearest}?").into(),
        },
    })
}

fn read_file(path: &Path, faults: &mut Vec<SettingsFault>) -> AllGiven {
    let table = fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {error}"));
    let table = table.and_then(|text| {
        text.parse::<toml::Table>().map_err(|error| {
            // Not the error's own text: it quotes the line, which may hold a secret.
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("the file is not TOML: line {line}")
        })
    });
    match table {
        Ok(table) => {
            let mut file = File { source: Source::File(Arc::from(path)), given: AllGiven::new(), faults };
            file.table("", table);
            file.given
        }
        Err(message) => {
            faults.push(SettingsFault {
                variable: CONFIG.into(),
                source: Source::Environment,
                message: message.into(),
            });
            AllGiven::new()
        }
    }
}

struct File<'a> {
    source: Source,
    given: AllGiven,
    faults: &'a mut Vec<SettingsFault>,
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
        let name = match known(&variable, &self.source) {
            Ok(name) => name,
            Err(fault) => return self.faults.push(fault),
        };
        let value = match value {
            toml::Value::Array(items) => items.into_iter().map(scalar).collect::<Option<_>>().map(Value::Several),
            value => scalar(value).map(Value::One),
        };
        let message = match value {
            Some(Value::One(text)) if text.trim().is_empty() => return,
            Some(value) => match self.given.insert(name, Given { value, source: self.source.clone() }) {
                None => return,
                Some(_) => "is given twice, in two spellings",
            },
            None => "must be text, a whole number, true or false, or an array of such",
        };
        self.faults.push(SettingsFault { variable, source: self.source.clone(), message: message.into() });
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
