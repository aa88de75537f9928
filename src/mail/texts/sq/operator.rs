//! Albanian letters to the operator.

use super::super::WebhookSwitchedOff;

pub(super) const WEBHOOK_SWITCHED_OFF: WebhookSwitchedOff = WebhookSwitchedOff {
    subject: |shop| format!("Një webhook i {shop} u çaktivizua"),
    heading: "Një webhook u çaktivizua",
    gone: "Marrësi i këtij webhook-u u përgjigj se nuk do më ngjarje (410), prandaj ai u çaktivizua.",
    failing: "Ky webhook nuk ka pranuar asnjë ngjarje prej pesë ditësh, prandaj u çaktivizua.",
    webhook: "Webhook",
    url: "Adresa",
    advice: "Shihni se çfarë ka ndodhur me marrësin. Pastaj aktivizojeni sërish webhook-un (`marbelle webhook enable`) ose fshijeni.",
    button: "Hapni dyqanin",
    events: "Ngjarjet që prisnin për të u hodhën poshtë dhe nuk shtohen të reja derisa të aktivizohet sërish: çfarë ndryshon \
             ndërkohë, marrësi duhet ta lexojë nga e para.",
};
