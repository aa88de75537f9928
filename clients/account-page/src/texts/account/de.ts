import type { AccountTexts } from './en.js'

/** German: the profile, the addresses and the devices. */
export const de: AccountTexts = {
  profile: {
    title: 'Profil',
    person: 'Persönliche Angaben',
    business: 'Geschäftskunde',
    email: 'E-Mail-Adresse',
    changeEmail: 'E-Mail-Adresse ändern',
    changeEmailExplain: 'Wir senden einen Link an die neue Adresse. Bis Sie ihn öffnen, ändert sich nichts.',
    sendLink: 'Link senden',
    pending: (email) => `Noch nicht bestätigt: Bitte öffnen Sie den Link, den wir an ${email} gesendet haben.`,
    cancelPending: 'Diese Änderung verwerfen',
    since: (date) => `Kunde seit ${date}`,
  },
  addresses: {
    title: 'Adressen',
    none: 'Sie haben noch keine Adresse.',
    add: 'Adresse hinzufügen',
    editTitle: (label) => `„${label}“ bearbeiten`,
    primary: 'Hauptadresse',
    makePrimary: 'Als Hauptadresse festlegen',
    remove: 'Löschen',
    removeTitle: (label) => `„${label}“ löschen?`,
    removeExplain: 'Das lässt sich nicht rückgängig machen.',
    full: (limit) => `Sie haben ${limit} Adressen; mehr sind nicht möglich.`,
    goneWhileEditing:
      'Diese Adresse wurde anderswo gelöscht. Was Sie eingegeben haben, ist noch hier: Sie können es als neue Adresse speichern.',
    saveAsNew: 'Als neue Adresse speichern',
  },
  devices: {
    title: 'Geräte',
    explain: 'Wo Sie angemeldet sind. Eine Abmeldung wirkt sofort.',
    thisOne: 'Dieses Gerät',
    connected: 'Gerade verbunden',
    lastSeen: (when) => `Zuletzt benutzt: ${when}`,
    since: (when) => `Angemeldet: ${when}`,
    unknown: 'Unbekanntes Gerät',
    signOut: 'Abmelden',
    signOutOf: (device) => `${device} abmelden`,
    others: 'Alle anderen Geräte abmelden',
    everywhere: 'Überall abmelden',
    everywhereTitle: 'Überall abmelden?',
    everywhereExplain: 'Alle Geräte werden abgemeldet, auch dieses.',
    forget: 'Abmelden und dieses Gerät vergessen',
    forgetExplain:
      'Wenn auch andere dieses Gerät benutzen: Ihre nächste Anmeldung von hier gilt dann als eine von einem neuen Gerät, über die Sie eine E-Mail erhalten.',
  },
}
