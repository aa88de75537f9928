import type { Texts } from './en.js'
import { de as account } from './account/de.js'
import { de as forms } from './forms/de.js'
import { de as invitation } from './invitation/de.js'
import { de as ownData } from './own-data/de.js'
import { de as page } from './page/de.js'
import { de as security } from './security/de.js'
import { de as signIn } from './sign-in/de.js'
import { de as signInMethods } from './sign-in-methods/de.js'

/** German, with the words of the letters. */
export const de: Texts = {
  language: 'Deutsch',
  ...page,
  ...forms,
  ...signIn,
  ...account,
  ...security,
  invitation,
  ownData,
  signInMethods,
}
