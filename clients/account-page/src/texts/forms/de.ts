import type { FormsTexts } from './en.js'

/** German: the fields of forms, and their faults. */
export const de: FormsTexts = {
  fields: {
    email: 'E-Mail-Adresse',
    new_email: 'Neue E-Mail-Adresse',
    password: 'Passwort',
    current_password: 'Aktuelles Passwort',
    new_password: 'Neues Passwort',
    first_name: 'Vorname',
    last_name: 'Nachname',
    company_name: 'Firma',
    company: 'Firma',
    phone: 'Telefon',
    locale: 'Sprache',
    label: 'Name dieser Adresse',
    address_line_1: 'Straße und Hausnummer',
    address_line_2: 'Wohnung, Stockwerk, Adresszusatz',
    city: 'Ort',
    state: 'Bundesland oder Region',
    postal_code: 'Postleitzahl',
    country: 'Land',
    is_primary: 'Als Hauptadresse festlegen',
    code: 'Code aus der E-Mail',
    totp: 'Code aus der Authenticator-App',
    recovery_code: 'Wiederherstellungscode',
    name: 'Name',
  },
  hints: {
    password: (min) =>
      `Mindestens ${min} Zeichen. Ein paar Wörter ohne Zusammenhang sind leicht zu merken und schwer zu erraten.`,
    phone: 'Mit Landesvorwahl, etwa +49\u00a030\u00a0901820.',
    label: 'Zum Beispiel Zuhause oder Büro.',
    locale: 'Für diese Seite und für E-Mails an Sie.',
    company_name: 'Für Geschäftskunden.',
    code: 'Acht Ziffern.',
    username: 'Nur für Ihren Passwort-Manager, damit er weiß, zu wem dieses Passwort gehört.',
    totp: 'Sechs Ziffern.',
    domains: (domains) => `Nur Adressen bei ${domains.join(', ')} können sich hier registrieren.`,
  },
  faults: {
    required: 'Bitte füllen Sie dieses Feld aus.',
    unknown: 'Der Server kennt dieses Feld nicht.',
    type: 'Der Server erwartet hier etwas anderes.',
    too_short: (min) => `Bitte verwenden Sie mindestens ${min} Zeichen.`,
    too_long: 'Das ist zu lang.',
    format: 'Das ist nicht so geschrieben, wie der Server es erwartet.',
    out_of_range: 'Das liegt außerhalb des Erlaubten.',
    control_characters: 'Das enthält Zeichen, die sich nicht darstellen lassen.',
    breached: 'Dieses Passwort wurde anderswo gestohlen und steht in einer öffentlichen Liste. Wählen Sie ein anderes.',
    guessable: 'Dieses Passwort ist leicht zu erraten. Versuchen Sie es mit ein paar Wörtern ohne Zusammenhang.',
    same_as_present: 'Das haben Sie bereits jetzt.',
    not_null: 'Das darf nicht leer sein.',
    not_allowed: 'Das ist nicht erlaubt.',
    email: 'Bitte geben Sie eine E-Mail-Adresse ein, etwa ann@example.org.',
    phone: 'Bitte geben Sie eine gültige Nummer mit Landesvorwahl ein, etwa +49\u00a030\u00a0901820.',
    label: 'Sie haben bereits eine Adresse mit diesem Namen.',
    present_password: 'Das ist nicht Ihr aktuelles Passwort.',
    code: 'Das ist nicht der Code aus der neuesten E-Mail, oder er ist zu alt.',
    registration_password: 'Das ist nicht das Passwort, das Sie bei der Registrierung gewählt haben.',
    account_password: 'Das ist nicht das Passwort des Kontos, dessen Adresse geändert werden soll.',
    wrong_password: 'Das ist nicht Ihr Passwort.',
    totp: 'Dieser Code ist falsch, wurde schon benutzt oder ist zu alt. Bitte warten Sie auf den nächsten.',
    recovery_code: 'Das ist keiner Ihrer Wiederherstellungscodes, oder er wurde schon benutzt.',
  },
  errors: {
    invalid_params: 'Bitte prüfen Sie die markierten Felder.',
    internal: (incident) =>
      `Auf dem Server ist etwas schiefgegangen. Falls Sie es melden, nennen Sie den Vorfall ${incident}.`,
    invalid_token: 'Dieser Link wurde schon benutzt, ist zu alt oder wurde durch einen neueren ersetzt.',
    invalid_credentials: 'E-Mail-Adresse oder Passwort ist falsch.',
    email_not_verified: 'Der Anbieter bürgt nicht für Ihre E-Mail-Adresse. Öffnen Sie die E-Mail, die wir Ihnen geschickt haben, um sie zu bestätigen.',
    link_required: 'Zu dieser E-Mail-Adresse gibt es ein Konto. Melden Sie sich dort an und verknüpfen Sie den Anbieter unter Sicherheit.',
    account_disabled: 'Dieses Konto ist gesperrt. Bitte wenden Sie sich an den Shop.',
    forbidden: 'Der Server erlaubt das nicht.',
    not_found: 'Das gibt es nicht mehr.',
    conflict: 'Zu dieser E-Mail-Adresse gibt es inzwischen ein Konto.',
    stale_revision: 'Das wurde eben anderswo geändert. Bitte sehen Sie es sich an und speichern Sie noch einmal.',
    limit_reached: (limit) => `Mehr als ${limit} sind nicht möglich.`,
    last_address: 'Die einzige Adresse kann nicht gelöscht werden. Legen Sie zuerst eine andere an.',
    last_sign_in_method: 'Dies ist der einzige Weg, sich anzumelden, und kann nicht entfernt werden. Fügen Sie zuerst einen anderen hinzu.',
    proof_required: 'Es wurde nichts geändert: Es wurde nicht bestätigt, dass Sie es sind.',
    second_factor_required: 'Dieses Konto hat einen zweiten Faktor. Bitte melden Sie sich noch einmal an.',
    provider_refused: 'Es wurde dort abgebrochen oder abgelehnt. Bitte beginnen Sie noch einmal.',
    sign_up_closed: 'Zurzeit kann sich hier niemand registrieren, oder nur mit einer Einladung für diese E-Mail-Adresse.',
    rate_limited: (seconds) =>
      `Das waren zu viele Versuche. Bitte versuchen Sie es in ${
        seconds === 1
          ? 'einer Sekunde'
          : seconds < 60
            ? `${seconds} Sekunden`
            : seconds <= 60
              ? 'einer Minute'
              : `${Math.ceil(seconds / 60)} Minuten`
      } noch einmal.`,
    unavailable: 'Der Server ist gerade nicht erreichbar. Es ist nichts verloren gegangen: Bitte versuchen Sie es gleich noch einmal.',
    unknown_outcome:
      'Es kam keine Antwort, also ist nicht bekannt, ob es geschehen ist. Bitte sehen Sie nach, bevor Sie es noch einmal versuchen.',
    no_answer: 'Der Server antwortet nicht. Bitte versuchen Sie es noch einmal, wenn die Verbindung wieder steht.',
    signed_out: 'Sie sind nicht mehr angemeldet.',
    protocol: 'Der Server hat eine Antwort gegeben, die diese Seite nicht versteht. Bitte laden Sie sie neu.',
    origin_refused: (origin) =>
      `Diese Seite wurde unter ${origin} geöffnet; dort antwortet ihr der Server nicht. Bitte öffnen Sie sie unter der Adresse des Shops. Wenn Sie den Shop betreiben, tragen Sie ${origin} in MARBELLE_ALLOWED_ORIGINS ein.`,
    passkey: 'Dieser Passkey gilt hier nicht. Vielleicht wurde er aus dem Konto gelöscht.',
    no_passkey: {
      cancelled: 'Es kam kein Passkey: Entweder wurde keiner gefunden, oder es wurde abgebrochen.',
      exists: 'Dieses Gerät hat schon einen Passkey für Ihr Konto.',
      unsupported: 'Dieser Browser kann hier keine Passkeys verwenden.',
    },
    cookie_refused:
      'Ihr Browser hat das Cookie nicht behalten, mit dem Sie angemeldet werden. Bitte erlauben Sie Cookies für diese Seite. Wenn Sie den Shop betreiben: Im Produktivbetrieb muss die Seite über https ausgeliefert werden.',
  },
  drafts: {
    theirs: (value) => `Anderswo in „${value}“ geändert.`,
    found: 'Was Sie hier zuvor eingegeben haben, ist noch nicht gespeichert.',
    drop: 'Verwerfen',
    emptied: 'Anderswo geleert.',
    take: 'Übernehmen',
  },
}
