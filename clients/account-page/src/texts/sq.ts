import type { Texts } from './en.js'
import { sq as account } from './account/sq.js'
import { sq as forms } from './forms/sq.js'
import { sq as invitation } from './invitation/sq.js'
import { sq as ownData } from './own-data/sq.js'
import { sq as page } from './page/sq.js'
import { sq as security } from './security/sq.js'
import { sq as signIn } from './sign-in/sq.js'
import { sq as signInMethods } from './sign-in-methods/sq.js'

/** Albanian, with the words of the letters. */
export const sq: Texts = {
  language: 'Shqip',
  ...page,
  ...forms,
  ...signIn,
  ...account,
  ...security,
  invitation,
  ownData,
  signInMethods,
}
