/** English: the frame of every page. */
export const en = {
  page: {
    skip: 'Skip to the content',
    loading: 'Loading…',
    menu: 'Account',
    languages: 'Language',
    optional: 'optional',
    cancel: 'Cancel',
    save: 'Save',
    saved: 'Saved.',
    edit: 'Edit',
    signOut: 'Sign out',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    toAccount: 'Go to your account',
    toSignIn: 'Go to sign-in',
    readMail: 'Read the mail',
    changedElsewhere: 'Updated from another tab or device.',
  },
  connection: {
    connecting: 'Connecting…',
    live: 'Live: changes from other tabs and devices appear here at once.',
    offline: 'No connection. What you see may be old; it is brought up to date when the connection is back.',
    waiting: 'No connection. The page opens by itself when it is back.',
  },
  ended: {
    logout: 'You were signed out.',
    revoked: 'This device was signed out from another one.',
    replaced: 'Somebody signed in again in this browser.',
    session_limit: 'You are signed in on so many devices that this one, the oldest, was signed out.',
    password_changed: 'Your password was changed, which signs out other devices.',
    password_reset: 'Your password was reset, which signs out every device.',
    email_changed: 'Your e-mail address was changed, which signs out every device. Sign in with the new address.',
    refresh_token_reuse: 'You were signed out for your security: a key of this session was used twice.',
    expired: 'You were signed out because you had not been here for a long time.',
    account_disabled: 'This account is disabled.',
    account_deleted: 'This account was deleted.',
    restored: 'The shop restored its data from a backup, which signs out every device.',
  },
  link: {
    missing: 'This page is opened by a link in an e-mail. Please open that link again.',
    newOne: 'Ask for a new link',
  },
}

export type PageTexts = typeof en
