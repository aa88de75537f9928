//! Texts of letters to the operator.

/// The letter about a webhook that was switched off.
pub(in crate::mail) struct WebhookSwitchedOff {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    /// The receiver answered 410 Gone.
    pub gone: &'static str,
    /// It has failed for too long.
    pub failing: &'static str,
    /// Labels the webhook's id.
    pub webhook: &'static str,
    /// Labels its URL.
    pub url: &'static str,
    pub advice: &'static str,
    pub button: &'static str,
    /// What happens to the events.
    pub events: &'static str,
}
