//! What is wrong with the settings.

use std::{borrow::Cow, fmt, path::Path, sync::Arc};

/// Where a setting's value comes from.
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

/// One fault. Its message never repeats the value: a secret may have got into the wrong variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The variable, also where the file holds it.
    pub variable: String,
    /// Where its value comes from.
    pub source: Source,
    /// What is wrong, to be read after the variable's name.
    pub message: Cow<'static, str>,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.variable, self.source, self.message)
    }
}

/// Every fault of the settings, printed one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFaults(pub Vec<SettingsFault>);

impl fmt::Display for SettingsFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

impl std::error::Error for SettingsFaults {}
