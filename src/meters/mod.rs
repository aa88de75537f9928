//! The metrics that Prometheus reads at `/metrics`. This is the only code that uses `metrics` and its exporter.
//!
//! One table below names every metric. Its fields are registered once, so that a call on the hot path looks up only its
//! method. The sizes of existing structures (followers, connections, queues) are read at each scrape, by
//! [`crate::server`]. To add a metric, add a line, count it where it happens, and describe it in `docs/operations.md`;
//! a test compares the two.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
    time::Duration,
};

const METADATA: Metadata<'_> = Metadata::new("marbelle", Level::INFO, None);

/// From half a millisecond, the time of a read, to the longest wait of `account.changes`.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// From a letter that is sent at once to one that is given up after a day.
const MAIL_SECONDS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 28_800.0, 86_400.0];

const CALLS: &str = "marbelle_calls_total";
const CALL_DURATION: &str = "marbelle_call_duration_seconds";
const CONNECTIONS: &str = "marbelle_database_connections";
const OUTGOING_AGE: &str = "marbelle_outgoing_events_age_seconds";
const MAIL_AGE: &str = "marbelle_mail_age_seconds";

macro_rules! register {
    ($recorder:expr, Counter, $key:expr) => {
        $recorder.register_counter(&$key, &METADATA)
    };
    ($recorder:expr, Gauge, $key:expr) => {
        $recorder.register_gauge(&$key, &METADATA)
    };
    ($recorder:expr, Histogram, $key:expr) => {
        $recorder.register_histogram(&$key, &METADATA)
    };
}

macro_rules! meters {
    ($($field:ident: $kind:ident = $name:expr $(, $label:literal = $value:literal)?; $help:literal)*) => {
        /// Every metric, ready to count.
        pub struct Meters {
            recorder: PrometheusRecorder,
            handle: PrometheusHandle,
            calls: OnceLock<HashMap<&'static str, CallMeters>>,
            $(#[doc = $help] pub $field: $kind,)*
        }

        /// Name, kind and meaning of every metric.
        pub const DOCUMENTED: &[(&str, &str, &str)] = &[
            (CALLS, "Counter", "Answered calls, by method and outcome (`ok` or the error's kind)."),
            (CALL_DURATION, "Histogram", "Duration of calls, by method."),
            (CONNECTIONS, "Gauge", "Connections to the database, by pool and state (`busy`, `idle`)."),
            $(($name, stringify!($kind), $help),)*
        ];

        impl Meters {
            fn new() -> Self {
                let recorder = recorder();
                for (name, kind, help) in DOCUMENTED {
                    let (name, unit) = (KeyName::from(*name), None::<Unit>);
                    match *kind {
                        "Counter" => recorder.describe_counter(name, unit, (*help).into()),
                        "Gauge" => recorder.describe_gauge(name, unit, (*help).into()),
                        _ => recorder.describe_histogram(name, unit, (*help).into()),
                    }
                }
                $(let $field = register!(recorder, $kind, Key::from_parts(
                    $name, Vec::<Label>::from([$(Label::new($label, $value))?])));)*
                Self { handle: recorder.handle(), recorder, calls: OnceLock::new(), $($field,)* }
            }
        }
    };
}

meters! {
    open_sockets: Gauge = "marbelle_open_sockets"; "Open WebSockets."
    followers: Gauge = "marbelle_followers"; "Users whose log this node follows."
    events_sent: Counter = "marbelle_events_sent_total"; "Events queued for a socket."
    delivery: Histogram = "marbelle_delivery_seconds"; "Time from a change until its event was queued for the last socket of this node that keeps up. A change made on another node is measured by the clocks of both nodes."
    sweep: Histogram = "marbelle_sweep_seconds"; "Duration of one sweep over the followed users."
    sweep_repaired: Counter = "marbelle_sweep_repaired_total"; "Unannounced events that the sweep found."
    realigned: Counter = "marbelle_realigned_total"; "Followers whose position in the log no longer existed, because of a restore, of pruning beyond it, or of a deleted user."
    fell_behind: Counter = "marbelle_slow_readers_total", "outcome" = "fell_behind"; "Sockets that did not read fast enough, by outcome."
    caught_up: Counter = "marbelle_slow_readers_total", "outcome" = "caught_up"; "Sockets that did not read fast enough, by outcome."
    cut: Counter = "marbelle_slow_readers_total", "outcome" = "cut"; "Sockets that did not read fast enough, by outcome."
    password_queue: Gauge = "marbelle_password_queue"; "Callers waiting for a thread that hashes passwords."
    password_wait: Histogram = "marbelle_password_wait_seconds"; "Time that callers waited for a thread that hashes passwords."
    password_hash: Histogram = "marbelle_password_hash_seconds"; "Duration of one password hash."
    password_refused: Counter = "marbelle_password_refused_total"; "Callers refused because the queue for password hashing was full."
    mail_sent: Counter = "marbelle_mails_total", "outcome" = "sent"; "Attempts to send a letter, by outcome."
    mail_postponed: Counter = "marbelle_mails_total", "outcome" = "postponed"; "Attempts to send a letter, by outcome."
    mail_given_up: Counter = "marbelle_mails_total", "outcome" = "given_up"; "Attempts to send a letter, by outcome."
    mail_held_up: Counter = "marbelle_mails_total", "outcome" = "held_up"; "Attempts to send a letter, by outcome."
    mail_age: Histogram = MAIL_AGE; "Age of letters when the mail server accepted them."
    mail_waiting: Gauge = "marbelle_mail_waiting"; "Letters in the outbox waiting to be sent; the same on every node."
    mail_oldest: Gauge = "marbelle_mail_oldest_seconds"; "Age of the oldest waiting letter; the same on every node."
    webhooks_delivered: Counter = "marbelle_webhook_deliveries_total", "outcome" = "delivered"; "Attempts to deliver an event to a webhook, by outcome; an attempt that is given up counts as failed too."
    webhooks_failed: Counter = "marbelle_webhook_deliveries_total", "outcome" = "failed"; "Attempts to deliver an event to a webhook, by outcome; an attempt that is given up counts as failed too."
    webhooks_given_up: Counter = "marbelle_webhook_deliveries_total", "outcome" = "given_up"; "Attempts to deliver an event to a webhook, by outcome; an attempt that is given up counts as failed too."
    webhook_duration: Histogram = "marbelle_webhook_request_seconds"; "Duration of requests to webhooks."
    webhooks_switched_off: Counter = "marbelle_webhooks_switched_off_total"; "Webhooks switched off because they failed for five days or answered 410."
    webhooks_failing: Gauge = "marbelle_webhooks_failing"; "Webhooks whose last attempt failed; the same on every node."
    stream_published: Counter = "marbelle_stream_messages_total", "outcome" = "published"; "Attempts to publish an event to the stream, by outcome."
    stream_failed: Counter = "marbelle_stream_messages_total", "outcome" = "failed"; "Attempts to publish an event to the stream, by outcome."
    outgoing_age: Histogram = OUTGOING_AGE; "Age of events when a webhook or the stream accepted them."
    outgoing_waiting: Gauge = "marbelle_outgoing_events_waiting"; "Events waiting for webhooks and the stream; the same on every node."
    outgoing_oldest: Gauge = "marbelle_outgoing_events_oldest_seconds"; "Age of the oldest waiting event; the same on every node."
    breached_unanswered: Counter = "marbelle_breached_passwords_unanswered_total"; "New passwords accepted unchecked because the list of breached passwords did not answer."
    bus_connected: Gauge = "marbelle_bus_connected"; "1 while wake-ups from other nodes arrive, or where there is no bus; 0 while only the sweep finds their changes."
    clock_ahead: Gauge = "marbelle_clock_ahead_seconds"; "How far this node's clock is ahead of the database's; negative if it is behind; NaN after a failed comparison; 0 on SQLite, which uses this node's clock."
    sealed_by_older_secrets: Gauge = "marbelle_sealed_by_older_secrets"; "Secrets at rest that are still sealed under an entry of MARBELLE_TOKEN_SECRET other than the first; the same on every node."
    jobs_failed: Counter = "marbelle_jobs_failed_total"; "Failed runs of periodic jobs."
}

/// The metrics of one method.
struct CallMeters {
    ok: Counter,
    duration: Histogram,
}

/// The metrics of this process.
pub fn meters() -> &'static Meters {
    static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);
    &METERS
}

fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(MAIL_AGE.into()), MAIL_SECONDS))
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(OUTGOING_AGE.into()), MAIL_SECONDS))
        .expect("there are buckets")
        .build_recorder()
}

/// The label of calls to unknown methods.
const UNKNOWN: &str = "unknown";

impl Meters {
    /// Registers the metrics of these methods.
    pub fn declare_calls(&self, methods: impl Iterator<Item = &'static str>) {
        self.calls.get_or_init(|| methods.chain([UNKNOWN]).map(|method| (method, self.call_meters(method))).collect());
    }

    fn call_meters(&self, method: &'static str) -> CallMeters {
        let duration = Key::from_parts(CALL_DURATION, vec![Label::new("method", method)]);
        CallMeters { ok: self.outcome(method, "ok"), duration: self.recorder.register_histogram(&duration, &METADATA) }
    }

    fn outcome(&self, method: &'static str, outcome: &'static str) -> Counter {
        let labels = vec![Label::new("method", method), Label::new("outcome", outcome)];
        self.recorder.register_counter(&Key::from_parts(CALLS, labels), &METADATA)
    }

    /// Counts a call that was answered with a result, or with an error of this kind. The method may be unknown.
    pub fn answered(&self, method: Option<&str>, error: Option<&'static str>, took: Duration) {
        let Some(calls) = self.calls.get() else { return };
        let known = calls.get_key_value(method.unwrap_or(UNKNOWN));
        let Some((method, meters)) = known else { return };
        meters.duration.record(took);
        match error {
            None => meters.ok.increment(1),
            Some(kind) => self.outcome(method, kind).increment(1),
        }
    }

    /// Sets the numbers of open and of idle connections of a pool.
    pub fn database_connections(&self, pool: &'static str, open: usize, idle: usize) {
        for (state, connections) in [("busy", open.saturating_sub(idle)), ("idle", idle)] {
            let labels = vec![Label::new("pool", pool), Label::new("state", state)];
            let gauge = self.recorder.register_gauge(&Key::from_parts(CONNECTIONS, labels), &METADATA);
            gauge.set(number(connections));
        }
    }

    /// All metrics in Prometheus's text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Gathers the recorded samples. To be called every few seconds: samples wait in memory until then.
    pub fn gather(&self) {
        self.handle.run_upkeep();
    }
}

/// A count as a gauge's value.
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_counted_by_method_and_outcome() {
        let meters = Meters::new();
        meters.declare_calls(["profile.get"].into_iter());
        meters.answered(Some("profile.get"), None, Duration::from_millis(3));
        meters.answered(Some("profile.get"), Some("not_found"), Duration::from_millis(3));
        meters.answered(None, Some("method_not_found"), Duration::ZERO);
        let text = meters.render();
        for line in [
            r#"marbelle_calls_total{method="profile.get",outcome="ok"} 1"#,
            r#"marbelle_calls_total{method="profile.get",outcome="not_found"} 1"#,
            r#"marbelle_calls_total{method="unknown",outcome="method_not_found"} 1"#,
            r#"marbelle_call_duration_seconds_bucket{method="profile.get",le="0.005"} 2"#,
            r#"marbelle_call_duration_seconds_bucket{method="profile.get",le="0.0025"} 0"#,
        ] {
            assert!(text.lines().any(|printed| printed == line), "{line} is not in\n{text}");
        }
    }
}
