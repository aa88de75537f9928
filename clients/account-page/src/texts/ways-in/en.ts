/** English: signing in, proving who one is, and the ways in. */
export const en = {
  secondStep: {
    title: 'One more step',
    explain: 'This account has a second factor.',
    submit: 'Sign in',
    back: 'Back to sign-in',
    over: 'That took too long, or there were too many wrong codes. Please sign in again.',
  },
  factor: {
    usePasskey: 'Use a passkey',
    useTotp: 'Use a code from the authenticator app',
    useRecoveryCode: 'Use a recovery code',
    usePassword: 'Use your password',
  },
  proof: {
    title: 'Confirm that it is you',
    explain: 'You signed in a while ago. Please confirm who you are before you change this.',
    submit: 'Confirm',
    provider: (label: string) => `Continue with ${label}`,
    providerExplain: 'You come back to this page, and can then make the change.',
  },
  providerSignIn: (label: string) => `Continue with ${label}`,
  methods: {
    title: 'Ways to sign in',
    set: 'Set a password',
    setExplain: 'You have no password yet. With one you can sign in by e-mail address too.',
    isSet: (ended: number): string =>
      ended === 0 ? 'Your password is set.' : 'Your password is set. Your other devices were signed out.',
  },
  passkeys: {
    title: 'Passkeys',
    explain:
      'A passkey signs you in with your fingerprint, your face or your screen lock. It cannot be guessed, and it works on this site alone.',
    none: 'You have no passkey yet.',
    add: 'Add a passkey',
    added: (name: string) => `“${name}” was added.`,
    since: (date: string) => `Added ${date}`,
    lastUsed: (when: string) => `Last used ${when}`,
    neverUsed: 'Not used yet',
    synced: 'On several devices',
    rename: 'Rename',
    renameOf: (name: string) => `Rename ${name}`,
    remove: 'Delete',
    removeOf: (name: string) => `Delete ${name}`,
    removeTitle: (name: string) => `Delete “${name}”?`,
    removeExplain: 'It no longer signs you in here. You can also delete it where your device keeps its passwords.',
    unsupported: 'This browser has no passkeys.',
  },
  app: {
    title: 'Authenticator app',
    explain:
      'A second factor: whoever signs in with your password then also needs a code that an app on your phone shows.',
    off: 'It is off.',
    on: 'It is on.',
    begin: 'Set up an authenticator app',
    scan: 'Scan this with your authenticator app, or type the key into it. Then enter the code that the app shows.',
    qr: 'QR code of the key below',
    key: 'Key',
    open: 'Open in an app on this device',
    submit: 'Turn on',
    tooOld: 'This key is too old. Please begin again.',
    turnOff: 'Turn off',
    turnOffTitle: 'Turn the authenticator app off?',
    turnOffExplain: 'Your password alone then signs you in. Your recovery codes no longer work.',
  },
  codes: {
    left: (count: number) =>
      count === 0 ? 'You have no recovery codes left.' : `You have ${count} ${count === 1 ? 'recovery code' : 'recovery codes'} left.`,
    few: 'Make new ones before you need them.',
    renew: 'Make new recovery codes',
    renewTitle: 'Make new recovery codes?',
    renewExplain: 'The codes that you have now no longer work.',
    title: 'Your recovery codes',
    explain:
      'Each works once, if you do not have your phone. They are shown only now: keep them where others do not find them.',
    copy: 'Copy',
    copied: 'Copied.',
    notCopied: 'The browser did not allow it. Please select the codes and copy them.',
    print: 'Print',
    download: 'Download',
    done: 'I have kept them',
    file: 'recovery-codes',
    heading: (shop: string, email: string) => `Recovery codes of ${email} for ${shop}`,
  },
}

export type WaysInTexts = typeof en
