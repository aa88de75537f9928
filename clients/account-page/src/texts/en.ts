import { en as account } from './account/en.js'
import { en as forms } from './forms/en.js'
import { en as invitation } from './invitation/en.js'
import { en as ownData } from './own-data/en.js'
import { en as page } from './page/en.js'
import { en as security } from './security/en.js'
import { en as signIn } from './sign-in/en.js'
import { en as signInMethods } from './sign-in-methods/en.js'

/** English, and the type of every language. */
export const en = {
  language: 'English',
  ...page,
  ...forms,
  ...signIn,
  ...account,
  ...security,
  invitation,
  ownData,
  signInMethods,
}

export type Texts = typeof en
