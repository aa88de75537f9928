//! The log: text for people in development, JSON lines for machines in production. It goes to standard error, because
//! standard output is for what a command prints.

use crate::settings::{Environment, Settings};
use std::{
    io::{self, IsTerminal},
    path::Path,
};
use tracing::{Level, Metadata, Subscriber};
use tracing_appender::{
    non_blocking::{NonBlockingBuilder, WorkerGuard},
    rolling::{InitError, RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, ParseError, Targets, filter_fn},
    fmt,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::{SubscriberInitExt, TryInitError},
};

/// The target of security events. They are logged whatever `MARBELLE_LOG` is (docs/settings.md).
pub const SECURITY: &str = "security";

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be parsed. Checked settings have a valid one.
    #[error("the log filter cannot be read")]
    Filter(#[from] ParseError),
    /// The file of security events cannot be written.
    #[error("the security log cannot be written")]
    SecurityLog(#[from] InitError),
    /// The process has a log already.
    #[error("the log is set up already")]
    Twice(#[from] TryInitError),
}

/// Must be kept for as long as anything is logged; dropping it writes the queued lines.
#[derive(Debug)]
#[must_use = "without it nothing more is written"]
pub struct Telemetry {
    _security_log: Option<WorkerGuard>,
}

/// Sets up the log of this process.
///
/// # Errors
/// Every [`TelemetryError`].
pub fn init(settings: &Settings) -> Result<Telemetry, TelemetryError> {
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.environment {
        Environment::Development => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        Environment::Production => lines.json().flatten_event(true).boxed(),
    };
    let (file, guard) = settings.security_log.as_deref().map(security_log).transpose()?.unzip();
    tracing_subscriber::registry()
        .with(filter(&settings.log)?)
        // A global filter, not one of a layer, because that would be checked whenever a span is entered or left.
        .with(filter_fn(is_loggable))
        .with(lines)
        .with(file)
        .try_init()?;
    Ok(Telemetry { _security_log: guard })
}

/// Security events as JSON lines in a separate file per day: `<path>.<date in UTC>`. A thread of its own writes them,
/// so that a slow disk delays no call until the queue is full; nothing is dropped.
fn security_log<S>(path: &Path) -> Result<(impl Layer<S>, WorkerGuard), InitError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let daily = RollingFileAppender::builder().rotation(Rotation::DAILY).filename_prefix(name).build(folder)?;
    let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(daily);
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    Ok((lines.with_writer(writer).with_filter(filter_fn(|metadata| metadata.target() == SECURITY)), guard))
}

/// Whether an event may be logged at its level. Libraries log nothing below `info`, whatever `MARBELLE_LOG` is: at
/// `trace` some of them print whole requests, passwords included.
fn is_loggable(metadata: &Metadata<'_>) -> bool {
    let ours = [env!("CARGO_PKG_NAME"), SECURITY].contains(&metadata.target().split("::").next().unwrap_or_default());
    ours || *metadata.level() <= Level::INFO
}

fn filter<S: Subscriber>(directive: &str) -> Result<Box<dyn Layer<S> + Send + Sync>, ParseError> {
    let mut filter = EnvFilter::try_new(directive)?.add_directive(format!("{SECURITY}={}", LevelFilter::INFO).parse()?);
    // At `info` it repeats what our own log lines report about the bus.
    if !directive.contains("async_nats") {
        filter = filter.add_directive("async_nats=warn".parse()?);
    }
    // A filter without spans is replaced by `Targets`, which need not check a table whenever a span is entered or left.
    // It is built from the printed form, whose notation both share.
    let printed = filter.to_string();
    Ok(if printed.contains('[') { filter.boxed() } else { printed.parse::<Targets>()?.boxed() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::{enabled, subscriber::with_default};

    #[test]
    fn security_events_are_logged_with_any_filter() {
        for directive in ["info", "off", "error", "security=off", "warn,marbelle=trace", "warn,[call{method}]=trace"] {
            let subscriber = tracing_subscriber::registry().with(filter(directive).unwrap());
            with_default(subscriber, || {
                assert!(enabled!(target: SECURITY, Level::INFO), "{directive}");
                assert!(!enabled!(target: "other", Level::DEBUG), "{directive}");
            });
        }
    }
}
