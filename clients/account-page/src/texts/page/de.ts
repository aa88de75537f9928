import type { PageTexts } from './en.js'

/** German: the frame of every page. */
export const de: PageTexts = {
  page: {
    skip: 'Zum Inhalt springen',
    loading: 'Wird geladen …',
    menu: 'Konto',
    languages: 'Sprache',
    optional: 'optional',
    cancel: 'Abbrechen',
    save: 'Speichern',
    saved: 'Gespeichert.',
    edit: 'Bearbeiten',
    signOut: 'Abmelden',
    showPassword: 'Passwort anzeigen',
    hidePassword: 'Passwort verbergen',
    toAccount: 'Zu Ihrem Konto',
    toSignIn: 'Zur Anmeldung',
    readMail: 'E-Mail lesen',
    changedElsewhere: 'In einem anderen Tab oder auf einem anderen Gerät geändert.',
  },
  connection: {
    connecting: 'Verbindung wird hergestellt …',
    live: 'Live: Änderungen aus anderen Tabs und von anderen Geräten erscheinen hier sofort.',
    offline: 'Keine Verbindung. Was Sie sehen, kann veraltet sein; es wird aktualisiert, sobald die Verbindung wieder steht.',
    waiting: 'Keine Verbindung. Die Seite öffnet sich von selbst, sobald sie wieder steht.',
  },
  ended: {
    logout: 'Sie wurden abgemeldet.',
    revoked: 'Dieses Gerät wurde von einem anderen aus abgemeldet.',
    replaced: 'In diesem Browser hat sich jemand neu angemeldet.',
    session_limit: 'Sie sind auf so vielen Geräten angemeldet, dass dieses als ältestes abgemeldet wurde.',
    password_changed: 'Ihr Passwort wurde geändert; andere Geräte werden dabei abgemeldet.',
    password_reset: 'Ihr Passwort wurde zurückgesetzt; alle Geräte werden dabei abgemeldet.',
    email_changed:
      'Ihre E-Mail-Adresse wurde geändert; alle Geräte werden dabei abgemeldet. Melden Sie sich mit der neuen Adresse an.',
    refresh_token_reuse: 'Sie wurden zu Ihrer Sicherheit abgemeldet: Ein Schlüssel dieser Sitzung wurde zweimal benutzt.',
    expired: 'Sie wurden abgemeldet, weil Sie lange nicht hier waren.',
    account_disabled: 'Dieses Konto ist gesperrt.',
    account_deleted: 'Dieses Konto wurde gelöscht.',
    restored: 'Der Shop hat seine Daten aus einer Sicherung wiederhergestellt; alle Geräte werden dabei abgemeldet.',
  },
  link: {
    missing: 'Auf diese Seite gelangen Sie über den Link in einer E-Mail. Bitte öffnen Sie ihn noch einmal.',
    newOne: 'Neuen Link anfordern',
  },
}
