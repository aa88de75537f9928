//! German, with "Sie".

mod deletion;
mod invitation;
mod operator;
mod passkeys;
mod providers;
mod sign_in_methods;

use super::{EmailChanged, NewDevice, Notice, Request, Span, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "de",
    span: |span| match span {
        Span::Minutes(1) => "1 Minute".to_owned(),
        Span::Minutes(n) => format!("{n} Minuten"),
        Span::Hours(1) => "1 Stunde".to_owned(),
        Span::Hours(n) => format!("{n} Stunden"),
        Span::Days(1) => "1 Tag".to_owned(),
        Span::Days(n) => format!("{n} Tage"),
    },
    moment: |at| format!("{}. {} {}, {} Uhr (UTC)", at.day, at.month, at.year, at.clock),
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    address_of_link: "Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:",
    verification_code: "Oder geben Sie diesen Code dort ein, wo Sie sich registriert haben:",
    footer: |shop| format!("Diese E-Mail wurde automatisch von {shop} versandt."),
    verify_email: Request {
        subject: |shop| format!("Bestätigen Sie Ihre E-Mail-Adresse für {shop}"),
        heading: "Bestätigen Sie Ihre E-Mail-Adresse",
        request: |shop| {
            format!(
                "Jemand, vermutlich Sie selbst, möchte mit dieser E-Mail-Adresse ein Konto bei {shop} eröffnen. \
                 Bestätigen Sie die Adresse, um das Konto zu eröffnen."
            )
        },
        button: "E-Mail-Adresse bestätigen",
        lifetime: LIFETIME,
        not_you: "Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Es wird dann kein Konto eröffnet.",
    },
    invitation: invitation::INVITATION,
    already_registered: Notice {
        subject: |shop| format!("Sie haben bereits ein Konto bei {shop}"),
        heading: "Sie haben bereits ein Konto",
        event: |shop| {
            format!(
                "Jemand, vermutlich Sie selbst, wollte sich mit dieser E-Mail-Adresse bei {shop} registrieren. \
                 Zu ihr gibt es bereits ein Konto, deshalb wurde kein weiteres eröffnet."
            )
        },
        advice: "Melden Sie sich mit Ihrem Passwort an. Falls Sie es vergessen haben, können Sie es dort zurücksetzen.",
        button: SIGN_IN_OR_RESET,
        not_you: "Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Ihr Konto ist unverändert, und wer \
                  immer es war, hat nicht erfahren, dass es besteht.",
    },
    reset_password: Request {
        subject: |shop| format!("Wählen Sie ein neues Passwort für {shop}"),
        heading: "Wählen Sie ein neues Passwort",
        request: |shop| {
            format!(
                "Jemand, vermutlich Sie selbst, möchte das Passwort Ihres Kontos bei {shop} zurücksetzen. \
                 Mit dem folgenden Link wählen Sie ein neues. Alle Geräte werden dann abgemeldet."
            )
        },
        button: "Neues Passwort wählen",
        lifetime: LIFETIME,
        not_you: "Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Ihr Passwort bleibt, wie es ist. \
                  Geben Sie den Link an niemanden weiter.",
    },
    password_was_reset: Notice {
        subject: |shop| format!("Ihr Passwort für {shop} wurde zurückgesetzt"),
        heading: "Ihr Passwort wurde zurückgesetzt",
        event: |shop| {
            format!(
                "Das Passwort Ihres Kontos bei {shop} wurde über einen Link zurückgesetzt, der an diese \
                 E-Mail-Adresse ging. Alle Geräte wurden abgemeldet."
            )
        },
        advice: "Falls Sie das waren, melden Sie sich mit dem neuen Passwort an. Weiter ist nichts zu tun.",
        button: SIGN_IN_OR_RESET,
        not_you: "Falls Sie das nicht waren, kann jemand anderes Ihre E-Mails lesen. Geben Sie zuerst Ihrem Postfach \
                  ein neues Passwort und setzen Sie dann das Passwort dieses Kontos noch einmal zurück.",
    },
    password_changed: Notice {
        subject: |shop| format!("Ihr Passwort für {shop} wurde geändert"),
        heading: "Ihr Passwort wurde geändert",
        event: |shop| {
            format!(
                "Das Passwort Ihres Kontos bei {shop} wurde geändert, und zwar von jemandem, der angemeldet war und \
                 sich dabei als Sie ausgewiesen hat. Alle anderen Geräte wurden abgemeldet."
            )
        },
        advice: "Falls Sie das waren, ist nichts zu tun.",
        button: SIGN_IN_OR_RESET,
        not_you: "Falls Sie das nicht waren, setzen Sie das Passwort sofort zurück; das meldet alle Geräte ab. Ändern \
                  Sie es auch überall sonst, wo Sie das bisherige verwendet haben.",
    },
    confirm_email_change: Request {
        subject: |shop| format!("Bestätigen Sie Ihre neue E-Mail-Adresse für {shop}"),
        heading: "Bestätigen Sie Ihre neue E-Mail-Adresse",
        request: |shop| {
            format!(
                "Jemand, vermutlich Sie selbst, möchte diese E-Mail-Adresse für ein Konto bei {shop} verwenden. \
                 Bestätigen Sie die Adresse, um sich künftig mit ihr anzumelden. Alle Geräte werden dann abgemeldet."
            )
        },
        button: "Neue E-Mail-Adresse bestätigen",
        lifetime: LIFETIME,
        not_you: "Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Ohne Ihre Bestätigung ändert sich \
                  nichts.",
    },
    email_taken: Notice {
        subject: |shop| format!("Zu Ihrer E-Mail-Adresse gibt es bereits ein Konto bei {shop}"),
        heading: "Zu dieser Adresse gibt es bereits ein Konto",
        event: |shop| {
            format!(
                "Jemand, vermutlich Sie selbst, wollte diese E-Mail-Adresse für ein anderes Konto bei {shop} \
                 verwenden. Sie gehört bereits zu Ihrem Konto, deshalb wurde nichts geändert."
            )
        },
        advice: "Falls Sie das waren, melden Sie sich mit dieser Adresse an oder wählen Sie für das andere Konto eine \
                 andere.",
        button: SIGN_IN_OR_RESET,
        not_you: "Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Ihr Konto ist unverändert, und wer \
                  immer es war, hat nicht erfahren, dass es besteht.",
    },
    email_change_requested: EmailChanged {
        subject: |shop| format!("Für {shop} wurde eine andere E-Mail-Adresse gewünscht"),
        heading: "Eine andere E-Mail-Adresse wurde gewünscht",
        event: |shop| {
            format!(
                "Jemand, der in Ihrem Konto bei {shop} angemeldet ist, möchte ihm eine andere E-Mail-Adresse geben. Noch ist \
                 nichts geändert: Die neue Adresse muss erst bestätigt werden."
            )
        },
        new_email: "Neue E-Mail-Adresse",
        advice: "Falls Sie das waren, öffnen Sie die E-Mail, die an die neue Adresse ging.",
        button: SIGN_IN_OR_RESET,
        not_you: |shop| {
            format!(
                "Falls Sie das nicht waren, melden Sie sich an, melden Sie unter Geräte alle anderen ab und ändern Sie das \
                 Passwort: Der Wunsch endet mit der Sitzung, aus der er kam. Verständigen Sie dann {shop}."
            )
        },
    },
    email_changed: EmailChanged {
        subject: |shop| format!("Ihre E-Mail-Adresse für {shop} wurde geändert"),
        heading: "Ihre E-Mail-Adresse wurde geändert",
        event: |shop| {
            format!(
                "Ihr Konto bei {shop} hat jetzt eine andere E-Mail-Adresse. Alle Geräte wurden abgemeldet, und mit \
                 der Adresse, an die diese E-Mail ging, können Sie sich nicht mehr anmelden."
            )
        },
        new_email: "Neue E-Mail-Adresse",
        advice: "Falls Sie das waren, melden Sie sich ab jetzt mit der neuen Adresse an.",
        button: "Anmelden",
        not_you: |shop| {
            format!(
                "Falls Sie das nicht waren, hat jemand, der Ihr Passwort kannte, das Konto übernommen. Rückgängig \
                 machen können Sie das nicht selbst: Bewahren Sie diese E-Mail auf und verständigen Sie sofort \
                 {shop}. Ändern Sie das Passwort auch überall sonst, wo Sie es verwenden."
            )
        },
    },
    new_device: NewDevice {
        subject: |shop| format!("Neue Anmeldung in Ihrem Konto bei {shop}"),
        heading: "Anmeldung von einem neuen Gerät",
        event: |shop| {
            format!(
                "Jemand, vermutlich Sie selbst, hat sich in Ihrem Konto bei {shop} von einem Gerät angemeldet, das \
                 dafür bisher nicht verwendet wurde."
            )
        },
        time: "Zeitpunkt",
        device: "Angabe des Geräts über sich selbst",
        silent: "keine",
        network: "Netz",
        advice: "Falls Sie das waren, ist nichts zu tun.",
        not_you: "Falls Sie das nicht waren, beenden Sie diese Anmeldung: Melden Sie sich an, öffnen Sie die Liste Ihrer \
                  Geräte und melden Sie dieses Gerät ab, oder melden Sie sich überall ab.",
        button: "Anmelden",
        reset: "Setzen Sie danach Ihr Passwort zurück, denn wer immer es war, kennt es. Auch das meldet alle Geräte ab.",
    },
    sign_in_methods: sign_in_methods::SIGN_IN_METHODS,
    passkeys: passkeys::PASSKEYS,
    providers: providers::PROVIDERS,
    webhook_switched_off: operator::WEBHOOK_SWITCHED_OFF,
    deletion: deletion::DELETION,
};

const LIFETIME: fn(&str) -> String =
    |span| format!("Der Link funktioniert einmal, und zwar {span} ab der Anforderung.");

const SIGN_IN_OR_RESET: &str = "Anmelden oder Passwort zurücksetzen";
