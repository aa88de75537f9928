//! German letters on the deletion of an account.

use super::{
    super::{DeletionTexts, Notice, Request},
    LIFETIME,
};

pub(super) const DELETION: DeletionTexts = DeletionTexts {
    request: Request {
        subject: |shop| format!("Ihr Konto bei {shop} löschen"),
        heading: "Konto löschen",
        request: |shop| {
            format!(
                "Jemand, der bei Ihrem Konto bei {shop} angemeldet ist, vermutlich Sie, möchte es löschen. Der \
                 Link unten löscht es sofort, mit Ihrem Profil, Ihren Adressen und allem anderen, was über Sie \
                 gespeichert ist. Es kann nicht wiederhergestellt werden."
            )
        },
        button: "Konto löschen",
        lifetime: LIFETIME,
        not_you: "Falls Sie das nicht waren, öffnen Sie den Link nicht: Ihr Konto bleibt, wie es ist. Melden Sie \
                  sich an, beenden Sie jede Sitzung, die Sie nicht kennen, und ändern Sie Ihr Passwort.",
    },
    done: Notice {
        subject: |shop| format!("Ihr Konto bei {shop} wurde gelöscht"),
        heading: "Ihr Konto wurde gelöscht",
        event: |shop| {
            format!(
                "Ihr Konto bei {shop} wurde mit dem Link gelöscht, der an diese E-Mail-Adresse geschickt wurde. \
                 Alle Geräte wurden abgemeldet, und nichts von dem, was über Sie gespeichert war, kann \
                 wiederhergestellt werden."
            )
        },
        advice: "Dies ist der letzte Brief dazu. Sie können sich jederzeit neu registrieren.",
        button: "Zum Shop",
        not_you: "Falls Sie das nicht waren, kann jemand anderes Ihre E-Mails lesen: Geben Sie Ihrem Postfach ein \
                  neues Passwort.",
    },
};
