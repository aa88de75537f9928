import type { InvitationTexts } from './en.js'

/** Albanian: signing up by invitation. */
export const sq: InvitationTexts = {
  title: 'Keni një ftesë',
  explain: 'Hapni llogarinë tuaj këtu. Përdorni adresën e e-mailit ku u dërgua ftesa: ajo vlen vetëm për atë adresë.',
  bad: 'Kjo ftesë nuk vlen për këtë adresë e-maili. Ju lutemi përdorni adresën ku u dërgua. Nëse po e bëni këtë, ftesa është përdorur ose tërhequr, është zëvendësuar nga një më e re, ose është më e vjetër se një javë: atëherë kërkoni një të re.',
  needed: 'Për t’u regjistruar këtu duhet një ftesë. Nëse ju është dërguar një, hapni lidhjen në e-mail.',
  only: 'Për një llogari duhet një ftesë: hapni lidhjen në e-mailin që ju është dërguar.',
}
