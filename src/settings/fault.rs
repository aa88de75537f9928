//! Faults of the settings.

use std::{borrow::Cow, fmt, path::Path, sync::Arc};

/// The source of a setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An environment variable.
    Environment,
    /// The TOML file.
    File(Arc<Path>),
    /// Nowhere: it is not set.
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// One fault. Its message never quotes the value: a secret may be in the wrong variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The variable, also if the value is from the file.
    pub variable: String,
    /// The source of the value.
    pub source: Source,
    /// The fault, worded to follow the variable's name.
    pub message: Cow<'static, str>,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.variable, self.source, self.message)
    }
}

/// All faults of the settings, printed one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFaults(pub Vec<SettingsFault>);

impl fmt::Display for SettingsFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

impl std::error::Error for SettingsFaults {}
