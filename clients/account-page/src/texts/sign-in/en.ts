/** English: registering, signing in, and the pages that letters lead to. */
export const en = {
  signIn: {
    title: 'Sign in',
    submit: 'Sign in',
    or: 'or',
    forgotten: 'Forgotten your password?',
    newHere: 'New here?',
    register: 'Create an account',
    unverified: 'If you have just registered, verify your e-mail address first.',
    resend: 'Send the e-mail again',
    done: {
      verified: 'Your e-mail address is verified. You can sign in here, or continue where you registered.',
      reset: 'Your new password is set. You can sign in now.',
      emailChanged: 'Your e-mail address is changed. Please sign in with it.',
    },
  },
  register: {
    title: 'Create an account',
    submit: 'Create account',
    haveOne: 'Already have an account?',
  },
  checkMail: {
    title: 'Check your mail',
    registered: (email: string) => `We have sent an e-mail to ${email}. Open its link or enter its code here to complete your account.`,
    registeredByProvider: 'We have sent you an e-mail. Open its link or enter its code here to complete your account.',
    waiting: 'This page continues by itself as soon as your address is verified, on this device or another.',
    submitCode: 'Complete my account',
    reset: (email: string) => `If ${email} has an account here, we have sent an e-mail to it. Open its link to set a new password.`,
    lifetime: 'Only the newest link works, and only once. If nothing arrives, look in your spam folder.',
    resend: 'Send it again',
    resent: 'We have sent it again.',
  },
  verifyEmail: {
    title: 'Verify your e-mail address',
    explain: 'One click, and your account is complete.',
    askPassword:
      'Please enter the password that you chose when you registered: it shows that this registration is yours. If you did not register here, close this page, and nothing happens.',
    submit: 'Verify e-mail address',
  },
  forgottenPassword: {
    title: 'Forgotten password',
    explain: 'We will send you a link to set a new one.',
    submit: 'Send the link',
    back: 'Back to sign-in',
  },
  passwordReset: {
    title: 'Set a new password',
    explain: 'This signs you out on every device.',
    submit: 'Set password',
  },
  confirmEmailChange: {
    title: 'Confirm your new e-mail address',
    explain: 'From then on you sign in with it. This signs you out on every device.',
    askPassword:
      'Please enter the password of your account: it shows that the change is yours. If you did not ask for it, close this page, and nothing happens.',
    submit: 'Confirm e-mail address',
  },
}

export type SignInTexts = typeof en
