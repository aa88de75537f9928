//! English letters to the operator.

use super::super::WebhookSwitchedOff;

pub(super) const WEBHOOK_SWITCHED_OFF: WebhookSwitchedOff = WebhookSwitchedOff {
    subject: |shop| format!("A webhook of {shop} was switched off"),
    heading: "A webhook was switched off",
    gone: "The receiver of this webhook answered that it wants no more events (410), so it was switched off.",
    failing: "This webhook has accepted no event for five days, so it was switched off.",
    webhook: "Webhook",
    url: "Address",
    advice: "Find out what happened to the receiver. Then switch the webhook on again (`marbelle webhook enable`), or \
             delete it.",
    button: "Open the shop",
    events: "The events that waited for it were dropped, and none is queued until it is switched on again: its \
             receiver has to read again what changes in the meantime.",
};
