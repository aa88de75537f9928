import type { OwnDataTexts } from './en.js'

/** German: the data stored about a person, and its deletion. */
export const de: OwnDataTexts = {
  title: 'Ihre Daten',
  exportExplain: 'Alles, was wir über Sie gespeichert haben, als eine lesbare Seite, die dasselbe auch für Programme enthält.',
  export: 'Meine Daten speichern',
  exported: 'Ihre Daten sind als Datei gespeichert.',
  file: 'meine-daten',
  heading: (shop) => `Was ${shop} über Sie gespeichert hat`,
  savedAt: (when) => `Stand: ${when}. Dasselbe steht in dieser Datei als JSON, für Programme.`,
  none: 'Keine',
  yes: 'ja',
  no: 'nein',
  deletion: 'Konto löschen',
  deletionTitle: 'Ihr Konto löschen?',
  deletionExplain: 'Wir senden einen Link an Ihre E-Mail-Adresse. Bis Sie ihn öffnen, wird nichts gelöscht.',
  sendLink: 'Link senden',
  linkSent: (email) => `Wir haben einen Link an ${email} gesendet. Über ihn wird Ihr Konto gelöscht.`,
  confirm: {
    title: 'Ihr Konto löschen',
    explain:
      'Ihr Konto und alles, was wir darin über Sie gespeichert haben, wird sofort gelöscht. Das lässt sich nicht rückgängig machen.',
    submit: 'Mein Konto löschen',
    done: 'Ihr Konto ist gelöscht.',
  },
  parts: {
    profile: 'Profil',
    external_id: 'Woran der Shop Sie früher erkannte',
    addresses: 'Adressen',
    sessions: 'Wo Sie angemeldet sind',
    ended_sessions: 'Wo Sie angemeldet waren',
    devices: 'Geräte, die wir kennen',
    sign_in_methods: 'Anmeldemöglichkeiten',
    security_events: 'Ereignisse',
    letters: 'E-Mails an Sie',
    events: 'Änderungen',
  },
}
