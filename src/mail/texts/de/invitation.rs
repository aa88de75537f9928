//! The German letter that invites to register.

use super::super::{InvitationTexts, Request};

pub(super) const INVITATION: InvitationTexts = InvitationTexts {
    request: Request {
        subject: |shop| format!("Einladung zur Registrierung bei {shop}"),
        heading: "Sie sind eingeladen, sich zu registrieren",
        request: |shop| {
            format!(
                "Sie sind eingeladen, ein Konto bei {shop} zu eröffnen. Der Link unten führt zur Registrierung. Er gilt \
                 nur für diese E-Mail-Adresse; mit einer anderen kann sich damit niemand registrieren."
            )
        },
        button: "Registrieren",
        lifetime: |span| format!("Der Link funktioniert einmal, und zwar {span} ab der Einladung."),
        not_you: "Falls Sie kein Konto möchten, ignorieren Sie diese E-Mail bitte: Ohne Sie wird keines eröffnet.",
    },
    name: "Name",
    email: "E-Mail-Adresse",
};
