//! The log: for a person in development, JSON lines for machines in production; on standard error, because
//! standard output is for what a command prints.

use crate::settings::{Environment, Settings};
use std::io::{self, IsTerminal};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, ParseError, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

/// The target of security events. They are told whatever `MARBELLE_LOG` says (contract §6).
pub const SECURITY: &str = "security";

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read. Checked settings do not have such.
    #[error("the log filter cannot be read")]
    Filter(#[from] ParseError),
    /// The process has a log already.
    #[error("the log is set up already")]
    Twice(#[from] TryInitError),
}

/// Sets up the log of this process.
///
/// # Errors
/// Every [`TelemetryError`].
pub fn init(settings: &Settings) -> Result<(), TelemetryError> {
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.environment {
        Environment::Development => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        Environment::Production => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter(&settings.log)?)
        .with(lines.with_filter(filter_fn(may_be_told)))
        .try_init()?;
    Ok(())
}

/// Whether an event may be told at its level. What is not ours tells nothing below `info`, whatever
/// `MARBELLE_LOG` says: at `trace` some libraries print whole requests, passwords included.
fn may_be_told(metadata: &Metadata<'_>) -> bool {
    let ours = [env!("CARGO_PKG_NAME"), SECURITY].contains(&metadata.target().split("::").next().unwrap_or_default());
    ours || *metadata.level() <= Level::INFO
}

fn filter(directive: &str) -> Result<EnvFilter, ParseError> {
    Ok(EnvFilter::try_new(directive)?.add_directive(format!("{SECURITY}={}", LevelFilter::INFO).parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::{enabled, subscriber::with_default};

    #[test]
    fn security_events_are_told_whatever_the_filter_says() {
        for directive in ["info", "off", "error", "security=off", "warn,marbelle=trace"] {
            let subscriber = tracing_subscriber::registry().with(filter(directive).unwrap());
            with_default(subscriber, || {
                assert!(enabled!(target: SECURITY, Level::INFO), "{directive}");
                assert!(!enabled!(target: "other", Level::DEBUG), "{directive}");
            });
        }
    }
}
