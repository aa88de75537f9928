import type { InvitationTexts } from './en.js'

/** German: signing up by invitation. */
export const de: InvitationTexts = {
  title: 'Sie sind eingeladen',
  explain:
    'Eröffnen Sie hier Ihr Konto. Verwenden Sie die E-Mail-Adresse, an die die Einladung geschickt wurde: Sie gilt nur für diese.',
  bad: 'Diese Einladung gilt nicht für diese E-Mail-Adresse. Bitte verwenden Sie die Adresse, an die sie geschickt wurde. Wenn Sie das tun, wurde sie bereits verwendet oder zurückgezogen, durch eine neuere ersetzt, oder sie ist älter als eine Woche: Bitten Sie dann um eine neue.',
  needed: 'Wer sich hier registrieren möchte, braucht eine Einladung. Wenn Sie eine bekommen haben, öffnen Sie den Link in der E-Mail.',
  only: 'Für ein Konto brauchen Sie eine Einladung: Öffnen Sie den Link in der E-Mail, die Sie bekommen haben.',
}
