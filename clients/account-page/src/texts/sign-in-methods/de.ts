import type { SignInMethodsTexts } from './en.js'

/** German: signing in, proofs, and sign-in methods. */
export const de: SignInMethodsTexts = {
  secondStep: {
    title: 'Noch ein Schritt',
    explain: 'Dieses Konto hat einen zweiten Faktor.',
    submit: 'Anmelden',
    back: 'Zurück zur Anmeldung',
    over: 'Das hat zu lange gedauert, oder es gab zu viele falsche Codes. Bitte melden Sie sich noch einmal an.',
  },
  factor: {
    usePasskey: 'Passkey verwenden',
    useTotp: 'Code der Authenticator-App verwenden',
    useRecoveryCode: 'Wiederherstellungscode verwenden',
    usePassword: 'Passwort verwenden',
  },
  proof: {
    title: 'Bestätigen Sie, dass Sie es sind',
    explain: 'Ihre Anmeldung liegt etwas zurück. Bitte bestätigen Sie vor dieser Änderung, wer Sie sind.',
    submit: 'Bestätigen',
    providerExplain: 'Sie kommen auf diese Seite zurück und können die Änderung dann vornehmen.',
  },
  providerSignIn: (label) => `Weiter mit ${label}`,
  methods: {
    title: 'Anmeldemöglichkeiten',
    set: 'Passwort festlegen',
    setExplain: 'Sie haben noch kein Passwort. Mit einem können Sie sich auch über Ihre E-Mail-Adresse anmelden.',
    isSet: (ended) =>
      ended === 0 ? 'Ihr Passwort ist gesetzt.' : 'Ihr Passwort ist gesetzt. Ihre anderen Geräte wurden abgemeldet.',
  },
  passkeys: {
    title: 'Passkeys',
    explain:
      'Mit einem Passkey melden Sie sich per Fingerabdruck, Gesicht oder Bildschirmsperre an. Er lässt sich nicht erraten und gilt nur auf dieser Website.',
    none: 'Sie haben noch keinen Passkey.',
    add: 'Passkey hinzufügen',
    added: (name) => `„${name}“ wurde hinzugefügt.`,
    since: (date) => `Hinzugefügt: ${date}`,
    lastUsed: (when) => `Zuletzt benutzt: ${when}`,
    neverUsed: 'Noch nicht benutzt',
    synced: 'Auf mehreren Geräten',
    rename: 'Umbenennen',
    renameOf: (name) => `${name} umbenennen`,
    remove: 'Löschen',
    removeOf: (name) => `${name} löschen`,
    removeTitle: (name) => `„${name}“ löschen?`,
    removeExplain:
      'Sie können sich damit hier nicht mehr anmelden. Löschen Sie ihn auch dort, wo Ihr Gerät Passwörter verwaltet.',
    unsupported: 'Dieser Browser unterstützt keine Passkeys.',
  },
  app: {
    title: 'Authenticator-App',
    explain:
      'Ein zweiter Faktor: Wer sich mit Ihrem Passwort anmeldet, braucht dann auch einen Code, den eine App auf Ihrem Telefon anzeigt.',
    off: 'Sie ist ausgeschaltet.',
    on: 'Sie ist eingeschaltet.',
    begin: 'Authenticator-App einrichten',
    scan: 'Scannen Sie das mit Ihrer Authenticator-App, oder geben Sie den Schlüssel dort ein. Geben Sie dann den Code ein, den die App anzeigt.',
    qr: 'QR-Code des Schlüssels, der darunter steht',
    key: 'Schlüssel',
    open: 'In einer App auf diesem Gerät öffnen',
    submit: 'Einschalten',
    tooOld: 'Dieser Schlüssel ist zu alt. Bitte beginnen Sie noch einmal.',
    turnOff: 'Ausschalten',
    turnOffTitle: 'Authenticator-App ausschalten?',
    turnOffExplain:
      'Zur Anmeldung genügt dann Ihr Passwort. Ihre Wiederherstellungscodes gelten nicht mehr.',
  },
  codes: {
    left: (count) =>
      count === 0
        ? 'Sie haben keine Wiederherstellungscodes mehr.'
        : `Sie haben noch ${count} ${count === 1 ? 'Wiederherstellungscode' : 'Wiederherstellungscodes'}.`,
    few: 'Erstellen Sie neue, bevor Sie sie brauchen.',
    renew: 'Neue Wiederherstellungscodes erstellen',
    renewTitle: 'Neue Wiederherstellungscodes erstellen?',
    renewExplain: 'Die Codes, die Sie jetzt haben, gelten dann nicht mehr.',
    title: 'Ihre Wiederherstellungscodes',
    explain:
      'Jeder gilt einmal, falls Sie Ihr Telefon nicht haben. Sie werden nur jetzt angezeigt: Bewahren Sie sie auf, wo andere sie nicht finden.',
    copy: 'Kopieren',
    copied: 'Kopiert.',
    notCopied: 'Der Browser hat es nicht erlaubt. Bitte markieren und kopieren Sie die Codes.',
    print: 'Drucken',
    download: 'Herunterladen',
    done: 'Ich habe sie aufbewahrt',
    file: 'wiederherstellungscodes',
    heading: (shop, email) => `Wiederherstellungscodes von ${email} für ${shop}`,
  },
  callback: {
    title: 'Anmelden',
    tooLate: 'Das wurde schon benutzt oder hat zu lange gedauert. Bitte beginnen Sie noch einmal.',
    linkRequired: (label) =>
      `Sie haben schon ein Konto mit dieser E-Mail-Adresse. Melden Sie sich dort an und verknüpfen Sie ${label} unter „Sicherheit“.`,
    taken: 'Das ist hier schon mit einem anderen Konto verknüpft.',
  },
  providers: {
    title: 'Verknüpfte Konten',
    explain: 'Melden Sie sich hier mit einem Konto an, das Sie anderswo haben.',
    since: (date) => `Verknüpft: ${date}`,
    notLinked: 'Nicht verknüpft',
    linked: (label) => `${label} ist verknüpft.`,
    link: 'Verknüpfen',
    linkOf: (label) => `${label} verknüpfen`,
    unlink: 'Trennen',
    unlinkOf: (label) => `${label} trennen`,
    unlinkTitle: (label) => `${label} trennen?`,
    unlinkExplain: 'Sie können sich damit hier nicht mehr anmelden. Sie können es wieder verknüpfen.',
  },
}
