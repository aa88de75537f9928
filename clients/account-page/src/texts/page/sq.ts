import type { PageTexts } from './en.js'

/** Albanian: the frame of every page. */
export const sq: PageTexts = {
  page: {
    skip: 'Kaloni te përmbajtja',
    loading: 'Po ngarkohet…',
    menu: 'Llogaria',
    languages: 'Gjuha',
    optional: 'jo e detyrueshme',
    cancel: 'Anulo',
    save: 'Ruaj',
    saved: 'U ruajt.',
    edit: 'Ndrysho',
    signOut: 'Dil',
    showPassword: 'Shfaq fjalëkalimin',
    hidePassword: 'Fshih fjalëkalimin',
    toAccount: 'Te llogaria juaj',
    toSignIn: 'Te hyrja',
    readMail: 'Lexo e-mailin',
    changedElsewhere: 'U ndryshua nga një skedë ose pajisje tjetër.',
  },
  connection: {
    connecting: 'Po lidhet…',
    live: 'Drejtpërdrejt: ndryshimet nga skedat dhe pajisjet e tjera shfaqen këtu menjëherë.',
    offline: 'Nuk ka lidhje. Ajo që shihni mund të jetë e vjetër; do të përditësohet kur të rikthehet lidhja.',
    waiting: 'Nuk ka lidhje. Faqja hapet vetë sapo të rikthehet.',
  },
  ended: {
    logout: 'Ju dolët nga llogaria.',
    revoked: 'Kjo pajisje u nxor nga llogaria prej një pajisjeje tjetër.',
    replaced: 'Dikush hyri sërish në llogari nga ky shfletues.',
    session_limit: 'Keni hyrë nga aq shumë pajisje, sa kjo, më e vjetra, u nxor nga llogaria.',
    password_changed: 'Fjalëkalimi juaj u ndryshua; kështu pajisjet e tjera nxirren nga llogaria.',
    password_reset: 'Fjalëkalimi juaj u rivendos; kështu të gjitha pajisjet nxirren nga llogaria.',
    email_changed:
      'Adresa juaj e e-mailit u ndryshua; kështu të gjitha pajisjet nxirren nga llogaria. Hyni me adresën e re.',
    refresh_token_reuse: 'U nxorët nga llogaria për sigurinë tuaj: një çelës i këtij sesioni u përdor dy herë.',
    expired: 'U nxorët nga llogaria, sepse nuk keni qenë këtu prej kohësh.',
    account_disabled: 'Kjo llogari është e çaktivizuar.',
    account_deleted: 'Kjo llogari u fshi.',
    restored: 'Dyqani i riktheu të dhënat nga një kopje rezervë; kështu të gjitha pajisjet nxirren nga llogaria.',
  },
  link: {
    missing: 'Kjo faqe hapet me lidhjen në një e-mail. Ju lutemi hapeni atë lidhje edhe një herë.',
    newOne: 'Kërko një lidhje të re',
  },
}
