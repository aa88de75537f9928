//! German letters on sign-in methods.

use super::super::{
    Notice,
    sign_in_methods::{RecoveryCodeUsed, SignInMethods},
};

const SIGN_IN: &str = "Anmelden";
const NOTHING_TO_DO: &str = "Falls Sie das waren, müssen Sie nichts tun.";
const NOT_YOU: &str = "Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, wodurch alle Geräte abgemeldet \
                       werden, und sehen Sie sich die Anmeldearten Ihres Kontos an.";

pub(super) const SIGN_IN_METHODS: SignInMethods = SignInMethods {
    password_set: Notice {
        subject: |shop| format!("Ihr Konto bei {shop} hat jetzt ein Passwort"),
        heading: "Ihr Konto hat ein Passwort",
        event: |shop| {
            format!(
                "Ihr Konto bei {shop} hatte bisher kein Passwort. Jemand, der angemeldet war, hat eines festgelegt. Alle \
                 anderen Geräte wurden abgemeldet."
            )
        },
        advice: NOTHING_TO_DO,
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    totp_enabled: Notice {
        subject: |shop| format!("Der zweite Faktor für {shop} ist eingeschaltet"),
        heading: "Der zweite Faktor ist eingeschaltet",
        event: |shop| {
            format!(
                "Ab jetzt wird für die Anmeldung bei Ihrem Konto bei {shop} auch ein Code Ihrer Authenticator-App \
                 verlangt."
            )
        },
        advice: "Falls Sie das waren, bewahren Sie die Wiederherstellungscodes dort auf, wo Sie sie ohne Ihr Telefon \
                 finden.",
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    totp_disabled: Notice {
        subject: |shop| format!("Der zweite Faktor für {shop} wurde ausgeschaltet"),
        heading: "Der zweite Faktor wurde ausgeschaltet",
        event: |shop| {
            format!(
                "Für die Anmeldung bei Ihrem Konto bei {shop} wird kein Code Ihrer Authenticator-App mehr verlangt. Die \
                 Wiederherstellungscodes sind ungültig."
            )
        },
        advice: NOTHING_TO_DO,
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    second_factor_reset: Notice {
        subject: |shop| format!("Der zweite Faktor für {shop} wurde entfernt"),
        heading: "Der zweite Faktor wurde entfernt",
        event: |shop| {
            format!(
                "Unser Personal hat den zweiten Faktor von Ihrem Konto bei {shop} entfernt, wie es bei einem Verlust \
                 geschieht. Alle Geräte wurden abgemeldet, und die Wiederherstellungscodes sind ungültig."
            )
        },
        advice: "Falls Sie darum gebeten haben, melden Sie sich an und richten Sie wieder einen zweiten Faktor ein.",
        button: SIGN_IN,
        not_you: "Falls Sie nicht darum gebeten haben, sagen Sie uns Bescheid und geben Sie Ihrem Konto ein neues \
                  Passwort.",
    },
    recovery_codes_renewed: Notice {
        subject: |shop| format!("Sie haben neue Wiederherstellungscodes für {shop}"),
        heading: "Sie haben neue Wiederherstellungscodes",
        event: |shop| {
            format!(
                "Für Ihr Konto bei {shop} wurden neue Wiederherstellungscodes erstellt. Die bisherigen sind ungültig."
            )
        },
        advice: "Falls Sie das waren, bewahren Sie die neuen dort auf, wo Sie sie ohne Ihr Telefon finden.",
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    recovery_code_used: RecoveryCodeUsed {
        notice: Notice {
            subject: |shop| format!("Ein Wiederherstellungscode für {shop} wurde benutzt"),
            heading: "Ein Wiederherstellungscode wurde benutzt",
            event: |shop| {
                format!(
                    "Ein Wiederherstellungscode Ihres Kontos bei {shop} wurde anstelle der Authenticator-App benutzt."
                )
            },
            advice: NOTHING_TO_DO,
            button: SIGN_IN,
            not_you: NOT_YOU,
        },
        left: "Übrige Wiederherstellungscodes",
        few: "Es sind nur noch wenige Wiederherstellungscodes übrig. Melden Sie sich an und erstellen Sie neue.",
    },
};
