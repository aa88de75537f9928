//! German letters to the operator.

use super::super::WebhookSwitchedOff;

pub(super) const WEBHOOK_SWITCHED_OFF: WebhookSwitchedOff = WebhookSwitchedOff {
    subject: |shop| format!("Ein Webhook von {shop} wurde abgeschaltet"),
    heading: "Ein Webhook wurde abgeschaltet",
    gone: "Der Empfänger dieses Webhooks hat geantwortet, dass er keine Ereignisse mehr will (410). Er wurde deshalb abgeschaltet.",
    failing: "Dieser Webhook hat seit fünf Tagen kein Ereignis angenommen. Er wurde deshalb abgeschaltet.",
    webhook: "Webhook",
    url: "Adresse",
    advice: "Finden Sie heraus, was mit dem Empfänger ist. Schalten Sie den Webhook dann wieder ein (`marbelle webhook enable`), oder \
             löschen Sie ihn.",
    button: "Zum Shop",
    events: "Die Ereignisse, die auf ihn warteten, wurden verworfen, und bis er wieder eingeschaltet wird, kommen keine hinzu: Was sich \
             inzwischen ändert, muss der Empfänger neu lesen.",
};
