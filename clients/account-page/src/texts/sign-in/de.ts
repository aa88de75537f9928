import type { SignInTexts } from './en.js'

/** German: registering, signing in, and the pages that letters lead to. */
export const de: SignInTexts = {
  signIn: {
    title: 'Anmelden',
    submit: 'Anmelden',
    or: 'oder',
    forgotten: 'Passwort vergessen?',
    newHere: 'Neu hier?',
    register: 'Konto eröffnen',
    unverified: 'Wenn Sie sich gerade erst registriert haben: Ihre E-Mail-Adresse muss zuerst bestätigt werden.',
    resend: 'E-Mail noch einmal senden',
    done: {
      verified: 'Ihre E-Mail-Adresse ist bestätigt. Sie können sich hier anmelden oder dort weitermachen, wo Sie sich registriert haben.',
      reset: 'Ihr neues Passwort ist gesetzt. Sie können sich jetzt anmelden.',
      emailChanged: 'Ihre E-Mail-Adresse ist geändert. Bitte melden Sie sich mit ihr an.',
    },
  },
  register: {
    title: 'Konto eröffnen',
    submit: 'Konto eröffnen',
    haveOne: 'Sie haben schon ein Konto?',
  },
  checkMail: {
    title: 'Sehen Sie in Ihr Postfach',
    registered: (email) => `Wir haben eine E-Mail an ${email} geschickt. Mit dem Link oder dem Code darin eröffnen Sie Ihr Konto.`,
    registeredByProvider: 'Wir haben Ihnen eine E-Mail geschickt. Mit dem Link oder dem Code darin eröffnen Sie Ihr Konto.',
    waiting: 'Diese Seite geht von selbst weiter, sobald Ihre Adresse bestätigt ist, ob auf diesem Gerät oder einem anderen.',
    submitCode: 'Konto eröffnen',
    reset: (email) =>
      `Falls ${email} hier ein Konto hat, haben wir eine E-Mail dorthin geschickt. Über den Link darin setzen Sie ein neues Passwort.`,
    lifetime: 'Der Link gilt nur einmal, und nur der neueste gilt. Falls nichts kommt, sehen Sie im Spam-Ordner nach.',
    resend: 'Noch einmal senden',
    resent: 'Wir haben sie noch einmal gesendet.',
  },
  verifyEmail: {
    title: 'E-Mail-Adresse bestätigen',
    explain: 'Noch ein Klick, dann ist Ihr Konto eröffnet.',
    askPassword:
      'Bitte geben Sie das Passwort ein, das Sie bei der Registrierung gewählt haben: Es zeigt, dass diese Registrierung Ihre ist. Wenn Sie sich hier nicht registriert haben, schließen Sie diese Seite; dann geschieht nichts.',
    submit: 'E-Mail-Adresse bestätigen',
  },
  forgottenPassword: {
    title: 'Passwort vergessen',
    explain: 'Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort setzen.',
    submit: 'Link senden',
    back: 'Zurück zur Anmeldung',
  },
  passwordReset: {
    title: 'Neues Passwort wählen',
    explain: 'Damit werden Sie auf allen Geräten abgemeldet.',
    submit: 'Passwort setzen',
  },
  confirmEmailChange: {
    title: 'Neue E-Mail-Adresse bestätigen',
    explain: 'Danach melden Sie sich mit ihr an. Sie werden auf allen Geräten abgemeldet.',
    askPassword:
      'Bitte geben Sie das Passwort Ihres Kontos ein: Es zeigt, dass diese Änderung Ihre ist. Wenn Sie sie nicht angefordert haben, schließen Sie diese Seite; dann geschieht nichts.',
    submit: 'E-Mail-Adresse bestätigen',
  },
}
