import type { OwnDataTexts } from './en.js'

/** Albanian: the data stored about a person, and its deletion. */
export const sq: OwnDataTexts = {
  title: 'Të dhënat tuaja',
  exportExplain: 'Gjithçka që ruajmë për ju, si një faqe që mund ta lexoni, e cila e përmban të njëjtën gjë edhe për programe.',
  export: 'Ruaj të dhënat e mia',
  exported: 'Të dhënat tuaja u ruajtën si skedar.',
  file: 'te-dhenat-e-mia',
  heading: (shop) => `Çfarë ruan ${shop} për ju`,
  savedAt: (when) => `Gjendja më ${when}. E njëjta gjë është në këtë skedar si JSON, për programe.`,
  none: 'Asnjë',
  yes: 'po',
  no: 'jo',
  deletion: 'Fshi llogarinë',
  deletionTitle: 'Të fshihet llogaria juaj?',
  deletionExplain: 'Dërgojmë një lidhje te adresa juaj e e-mailit. Derisa ta hapni, asgjë nuk fshihet.',
  sendLink: 'Dërgo lidhjen',
  linkSent: (email) => `Kemi dërguar një lidhje te ${email}. Me të fshihet llogaria juaj.`,
  confirm: {
    title: 'Fshini llogarinë tuaj',
    explain: 'Llogaria juaj dhe gjithçka që ruajmë në të për ju fshihet menjëherë. Kjo nuk mund të zhbëhet.',
    submit: 'Fshi llogarinë time',
    done: 'Llogaria juaj u fshi.',
  },
  parts: {
    profile: 'Profili',
    external_id: 'Si ju njihte dyqani më parë',
    addresses: 'Adresat',
    sessions: 'Ku keni hyrë',
    ended_sessions: 'Ku kishit hyrë',
    devices: 'Pajisjet që njohim',
    sign_in_methods: 'Mënyrat e hyrjes',
    security_events: 'Aktiviteti',
    letters: 'E-mailet për ju',
    events: 'Ndryshimet',
  },
}
