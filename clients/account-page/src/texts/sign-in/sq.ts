import type { SignInTexts } from './en.js'

/** Albanian: registering, signing in, and the pages that letters lead to. */
export const sq: SignInTexts = {
  signIn: {
    title: 'Hyni',
    submit: 'Hyni',
    or: 'ose',
    forgotten: 'Keni harruar fjalëkalimin?',
    newHere: 'I ri këtu?',
    register: 'Hapni një llogari',
    unverified: 'Nëse sapo jeni regjistruar: adresa juaj e e-mailit duhet të konfirmohet më parë.',
    resend: 'Dërgo përsëri e-mailin',
    done: {
      verified: 'Adresa juaj e e-mailit u konfirmua. Mund të hyni këtu, ose të vazhdoni aty ku u regjistruat.',
      reset: 'Fjalëkalimi i ri u vendos. Tani mund të hyni.',
      emailChanged: 'Adresa juaj e e-mailit u ndryshua. Ju lutemi hyni me të.',
    },
  },
  register: {
    title: 'Hapni një llogari',
    submit: 'Hap llogarinë',
    haveOne: 'Keni një llogari?',
  },
  checkMail: {
    title: 'Shikoni e-mailin tuaj',
    registered: (email) => `Kemi dërguar një e-mail te ${email}. Me lidhjen ose me kodin në të e hapni llogarinë.`,
    registeredByProvider: 'Ju kemi dërguar një e-mail. Me lidhjen ose me kodin në të e hapni llogarinë.',
    waiting: 'Kjo faqe vazhdon vetë sapo adresa juaj të konfirmohet, në këtë pajisje ose në një tjetër.',
    submitCode: 'Hap llogarinë',
    reset: (email) => `Nëse ${email} ka një llogari këtu, i kemi dërguar një e-mail. Me lidhjen në të vendosni një fjalëkalim të ri.`,
    lifetime: 'Lidhja vlen një herë, dhe vetëm më e reja. Nëse nuk vjen asgjë, shikoni te mesazhet e padëshiruara.',
    resend: 'Dërgo përsëri',
    resent: 'E dërguam përsëri.',
  },
  verifyEmail: {
    title: 'Konfirmoni adresën tuaj të e-mailit',
    explain: 'Edhe një klikim, dhe llogaria juaj është e hapur.',
    askPassword:
      'Ju lutemi shkruani fjalëkalimin që zgjodhët kur u regjistruat: ai tregon se ky regjistrim është juaji. Nëse nuk jeni regjistruar këtu, mbylleni këtë faqe dhe nuk ndodh asgjë.',
    submit: 'Konfirmo adresën e e-mailit',
  },
  forgottenPassword: {
    title: 'Fjalëkalim i harruar',
    explain: 'Ju dërgojmë një lidhje për të vendosur një fjalëkalim të ri.',
    submit: 'Dërgo lidhjen',
    back: 'Kthehu te hyrja',
  },
  passwordReset: {
    title: 'Zgjidhni një fjalëkalim të ri',
    explain: 'Kështu ju dilni nga llogaria në të gjitha pajisjet.',
    submit: 'Vendos fjalëkalimin',
  },
  confirmEmailChange: {
    title: 'Konfirmoni adresën tuaj të re të e-mailit',
    explain: 'Më tej hyni me të. Kështu ju dilni nga llogaria në të gjitha pajisjet.',
    askPassword:
      'Ju lutemi shkruani fjalëkalimin e llogarisë suaj: ai tregon se ky ndryshim është juaji. Nëse nuk e keni kërkuar, mbylleni këtë faqe dhe nuk ndodh asgjë.',
    submit: 'Konfirmo adresën e e-mailit',
  },
}
