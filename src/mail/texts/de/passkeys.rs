//! German letters on passkeys.

use super::super::{Notice, PasskeyTexts};

pub(super) const PASSKEYS: PasskeyTexts = PasskeyTexts {
    added: Notice {
        subject: |shop| format!("Ihr Konto bei {shop} hat einen neuen Passkey"),
        heading: "Ein Passkey wurde hinzugefügt",
        event: |shop| {
            format!(
                "Jemand, der in Ihrem Konto bei {shop} angemeldet war, vermutlich Sie selbst, hat ihm einen Passkey hinzugefügt. \
                 Mit ihm meldet man sich ohne Passwort an."
            )
        },
        advice: "Falls Sie das waren, ist nichts zu tun.",
        button: "Anmelden",
        not_you: "Falls Sie das nicht waren, melden Sie sich an, löschen Sie diesen Passkey unter Sicherheit und melden Sie alle \
                  anderen Geräte ab. Ändern Sie dann Ihr Passwort.",
    },
    deleted: Notice {
        subject: |shop| format!("Ein Passkey Ihres Kontos bei {shop} wurde gelöscht"),
        heading: "Ein Passkey wurde gelöscht",
        event: |shop| {
            format!(
                "Jemand, der in Ihrem Konto bei {shop} angemeldet war, vermutlich Sie selbst, hat einen Passkey gelöscht. Mit ihm \
                 kann sich niemand mehr anmelden."
            )
        },
        advice: "Falls Sie das waren, ist nichts zu tun. Wo der Passkey aufbewahrt wird, kann er noch aufgeführt sein; Sie können ihn auch \
                 dort löschen.",
        button: "Anmelden",
        not_you: "Falls Sie das nicht waren, melden Sie sich an, sehen Sie unter Sicherheit nach, was Ihr Konto noch öffnet, und melden \
                  Sie alle anderen Geräte ab. Ändern Sie dann Ihr Passwort.",
    },
    passkey: "Passkey",
    provider: "Anmeldung mit",
    still_signs_in: "Außerdem kann man sich weiterhin hiermit anmelden:",
    delete_other_ways: "Das neue Passwort ändert nichts an den anderen Anmeldewegen: Sehen Sie die Liste oben durch und löschen Sie, was nicht \
                    von Ihnen ist.",
};
