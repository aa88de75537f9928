//! German letters on links to providers.

use super::super::{Notice, ProviderTexts};

pub(super) const PROVIDERS: ProviderTexts = ProviderTexts {
    linked: Notice {
        subject: |shop| format!("Ihr Konto bei {shop} ist mit einem Anbieter verknüpft"),
        heading: "Eine Anmeldeart wurde hinzugefügt",
        event: |shop| {
            format!(
                "Jemand, der in Ihrem Konto bei {shop} angemeldet war, vermutlich Sie selbst, hat es mit einem Konto bei \
                 einem Anbieter verknüpft. Wer sich dort anmeldet, kann sich auch hier ohne Passwort anmelden."
            )
        },
        advice: "Falls Sie das waren, ist nichts zu tun.",
        button: "Anmelden",
        not_you: "Falls Sie das nicht waren, melden Sie sich an, lösen Sie die Verknüpfung unter Sicherheit und melden Sie \
                  alle anderen Geräte ab. Ändern Sie dann Ihr Passwort.",
    },
    unlinked: Notice {
        subject: |shop| format!("Eine Verknüpfung Ihres Kontos bei {shop} wurde gelöst"),
        heading: "Eine Anmeldeart wurde entfernt",
        event: |shop| {
            format!(
                "Jemand, der in Ihrem Konto bei {shop} angemeldet war, vermutlich Sie selbst, hat die Verknüpfung mit einem \
                 Konto bei einem Anbieter gelöst. Damit kann man sich nicht mehr anmelden."
            )
        },
        advice: "Falls Sie das waren, ist nichts zu tun.",
        button: "Anmelden",
        not_you: "Falls Sie das nicht waren, melden Sie sich an, sehen Sie unter Sicherheit nach, was Ihr Konto noch öffnet, \
                  und melden Sie alle anderen Geräte ab. Ändern Sie dann Ihr Passwort.",
    },
};
