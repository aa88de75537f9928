import type { AccountTexts } from './en.js'

/** Albanian: the profile, the addresses and the devices. */
export const sq: AccountTexts = {
  profile: {
    title: 'Profili',
    person: 'Të dhënat personale',
    business: 'Klient biznesi',
    email: 'Adresa e e-mailit',
    changeEmail: 'Ndrysho adresën e e-mailit',
    changeEmailExplain: 'Dërgojmë një lidhje te adresa e re. Derisa ta hapni, nuk ndryshon asgjë.',
    sendLink: 'Dërgo lidhjen',
    pending: (email) => `Ende e pakonfirmuar: ju lutemi hapni lidhjen që kemi dërguar te ${email}.`,
    cancelPending: 'Anulo këtë ndryshim',
    since: (date) => `Klient që nga ${date}`,
  },
  addresses: {
    title: 'Adresat',
    none: 'Ende nuk keni asnjë adresë.',
    add: 'Shto një adresë',
    editTitle: (label) => `Ndrysho “${label}”`,
    primary: 'Kryesore',
    makePrimary: 'Bëje kryesore',
    remove: 'Fshi',
    removeTitle: (label) => `Të fshihet “${label}”?`,
    removeExplain: 'Kjo nuk mund të zhbëhet.',
    full: (limit) => `Keni ${limit} adresa; më shumë nuk lejohen.`,
    goneWhileEditing: 'Kjo adresë u fshi diku tjetër. Ajo që shkruat është ende këtu: mund ta ruani si adresë të re.',
    saveAsNew: 'Ruaj si adresë të re',
  },
  devices: {
    title: 'Pajisjet',
    explain: 'Ku keni hyrë në llogari. Dalja e një pajisjeje vlen menjëherë.',
    thisOne: 'Kjo pajisje',
    connected: 'E lidhur tani',
    lastSeen: (when) => `Përdorur së fundi: ${when}`,
    since: (when) => `Hyrja: ${when}`,
    unknown: 'Pajisje e panjohur',
    signOut: 'Nxirr nga llogaria',
    signOutOf: (device) => `Nxirr nga llogaria ${device}`,
    others: 'Nxirr të gjitha pajisjet e tjera',
    everywhere: 'Dil nga të gjitha pajisjet',
    everywhereTitle: 'Të dilni nga të gjitha pajisjet?',
    everywhereExplain: 'Të gjitha pajisjet nxirren nga llogaria, edhe kjo.',
    forget: 'Dil dhe harroje këtë pajisje',
    forgetExplain:
      'Nëse këtë pajisje e përdorin edhe të tjerë: hyrja juaj e ardhshme nga këtu do të quhet si nga një pajisje e re, për të cilën ju njoftojmë me e-mail.',
  },
}
