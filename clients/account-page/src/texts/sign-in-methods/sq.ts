import type { SignInMethodsTexts } from './en.js'

/** Albanian: signing in, proofs, and sign-in methods. */
export const sq: SignInMethodsTexts = {
  secondStep: {
    title: 'Edhe një hap',
    explain: 'Kjo llogari ka një faktor të dytë.',
    submit: 'Hyni',
    back: 'Kthehuni te hyrja',
    over: 'Kaloi shumë kohë, ose pati shumë kode të gabuara. Ju lutemi hyni përsëri.',
  },
  factor: {
    usePasskey: 'Përdorni një çelës kalimi',
    useTotp: 'Përdorni një kod të aplikacionit të vërtetimit',
    useRecoveryCode: 'Përdorni një kod rikuperimi',
    usePassword: 'Përdorni fjalëkalimin',
  },
  proof: {
    title: 'Konfirmoni që jeni ju',
    explain: 'Ka kaluar pak kohë që kur hytë. Ju lutemi konfirmoni kush jeni para se ta ndryshoni këtë.',
    submit: 'Konfirmo',
    providerExplain: 'Do të ktheheni në këtë faqe dhe pastaj mund ta bëni ndryshimin.',
  },
  providerSignIn: (label) => `Vazhdoni me ${label}`,
  methods: {
    title: 'Mënyrat e hyrjes',
    set: 'Vendos një fjalëkalim',
    setExplain: 'Ende nuk keni fjalëkalim. Me një të tillë mund të hyni edhe me adresën e e-mailit.',
    isSet: (ended) =>
      ended === 0 ? 'Fjalëkalimi juaj u vendos.' : 'Fjalëkalimi juaj u vendos. Pajisjet tuaja të tjera u nxorën nga llogaria.',
  },
  passkeys: {
    title: 'Çelësat e kalimit (passkey)',
    explain:
      'Me një çelës kalimi hyni me gjurmën e gishtit, me fytyrën ose me kyçjen e ekranit. Nuk mund të gjendet me hamendje dhe vlen vetëm në këtë faqe.',
    none: 'Ende nuk keni çelës kalimi.',
    add: 'Shto një çelës kalimi',
    added: (name) => `“${name}” u shtua.`,
    since: (date) => `Shtuar më ${date}`,
    lastUsed: (when) => `Përdorur së fundi: ${when}`,
    neverUsed: 'Ende i papërdorur',
    synced: 'Në disa pajisje',
    rename: 'Riemërto',
    renameOf: (name) => `Riemërto ${name}`,
    remove: 'Fshi',
    removeOf: (name) => `Fshi ${name}`,
    removeTitle: (name) => `Të fshihet “${name}”?`,
    removeExplain: 'Me të nuk mund të hyni më këtu. Mund ta fshini edhe aty ku pajisja juaj ruan fjalëkalimet.',
    unsupported: 'Ky shfletues nuk ka çelësa kalimi.',
  },
  app: {
    title: 'Aplikacioni i vërtetimit',
    explain:
      'Një faktor i dytë: atij që hyn me fjalëkalimin tuaj i duhet edhe një kod që e tregon një aplikacion në telefonin tuaj.',
    off: 'Është i çaktivizuar.',
    on: 'Është i aktivizuar.',
    begin: 'Vendos një aplikacion vërtetimi',
    scan: 'Skanojeni këtë me aplikacionin tuaj të vërtetimit, ose shkruani çelësin në të. Pastaj jepni kodin që tregon aplikacioni.',
    qr: 'Kodi QR i çelësit më poshtë',
    key: 'Çelësi',
    open: 'Hape në një aplikacion të kësaj pajisjeje',
    submit: 'Aktivizo',
    tooOld: 'Ky çelës është tepër i vjetër. Ju lutemi filloni përsëri.',
    turnOff: 'Çaktivizo',
    turnOffTitle: 'Të çaktivizohet aplikacioni i vërtetimit?',
    turnOffExplain: 'Atëherë për të hyrë mjafton fjalëkalimi juaj. Kodet tuaja të rikuperimit nuk vlejnë më.',
  },
  codes: {
    left: (count) =>
      count === 0
        ? 'Nuk keni më kode rikuperimi.'
        : `Keni edhe ${count} ${count === 1 ? 'kod rikuperimi' : 'kode rikuperimi'}.`,
    few: 'Krijoni të reja para se t’ju duhen.',
    renew: 'Krijo kode të reja rikuperimi',
    renewTitle: 'Të krijohen kode të reja rikuperimi?',
    renewExplain: 'Kodet që keni tani nuk vlejnë më.',
    title: 'Kodet tuaja të rikuperimit',
    explain:
      'Secili vlen një herë, nëse nuk e keni telefonin me vete. Tregohen vetëm tani: ruajini aty ku të tjerët nuk i gjejnë.',
    copy: 'Kopjo',
    copied: 'U kopjua.',
    notCopied: 'Shfletuesi nuk e lejoi. Ju lutemi zgjidhini kodet dhe kopjojini.',
    print: 'Printo',
    download: 'Shkarko',
    done: 'I kam ruajtur',
    file: 'kodet-e-rikuperimit',
    heading: (shop, email) => `Kodet e rikuperimit të ${email} për ${shop}`,
  },
  callback: {
    title: 'Hyni',
    tooLate: 'Kjo është përdorur, ose zgjati shumë. Ju lutemi filloni përsëri.',
    linkRequired: (label) =>
      `Ju keni tashmë një llogari me këtë adresë e-maili. Hyni në të dhe lidhni ${label} te “Siguria”.`,
    taken: 'Kjo është lidhur tashmë këtu me një llogari tjetër.',
  },
  providers: {
    title: 'Llogari të lidhura',
    explain: 'Hyni këtu me një llogari që e keni diku tjetër.',
    since: (date) => `Lidhur më ${date}`,
    notLinked: 'E palidhur',
    linked: (label) => `${label} u lidh.`,
    link: 'Lidh',
    linkOf: (label) => `Lidh ${label}`,
    unlink: 'Shkëput',
    unlinkOf: (label) => `Shkëput ${label}`,
    unlinkTitle: (label) => `Të shkëputet ${label}?`,
    unlinkExplain: 'Me të nuk mund të hyni më këtu. Mund ta lidhni përsëri.',
  },
}
