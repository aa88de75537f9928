//! What letters to the operator say.

/// The letter on a webhook that was switched off.
pub(in crate::mail) struct WebhookSwitchedOff {
    pub subject: fn(shop: &str) -> String,
    pub heading: &'static str,
    /// Its receiver wants nothing any more.
    pub gone: &'static str,
    /// It has failed for too long.
    pub failing: &'static str,
    /// Names the webhook's id.
    pub webhook: &'static str,
    /// Names where it leads.
    pub url: &'static str,
    pub advice: &'static str,
    pub button: &'static str,
    /// What became of the events.
    pub events: &'static str,
}
