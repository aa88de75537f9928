/** English: the profile, the addresses and the devices. */
export const en = {
  profile: {
    title: 'Profile',
    person: 'Personal details',
    business: 'Business customer',
    email: 'E-mail address',
    changeEmail: 'Change e-mail address',
    changeEmailExplain: 'We send a link to the new address. Nothing changes until you open it.',
    sendLink: 'Send the link',
    pending: (email: string) => `Waiting for you to open the link that we have sent to ${email}.`,
    cancelPending: 'Cancel this change',
    since: (date: string) => `Customer since ${date}`,
  },
  addresses: {
    title: 'Addresses',
    none: 'You have no address yet.',
    add: 'Add an address',
    editTitle: (label: string) => `Edit “${label}”`,
    primary: 'Primary',
    makePrimary: 'Make primary',
    remove: 'Delete',
    removeTitle: (label: string) => `Delete “${label}”?`,
    removeExplain: 'This cannot be undone.',
    full: (limit: number) => `You have ${limit} addresses, which is the maximum.`,
    goneWhileEditing: 'This address was deleted elsewhere. What you typed is still here: you can save it as a new address.',
    saveAsNew: 'Save as a new address',
  },
  devices: {
    title: 'Devices',
    explain: 'Where you are signed in. Signing a device out takes effect at once.',
    thisOne: 'This device',
    connected: 'Connected now',
    lastSeen: (when: string) => `Last used ${when}`,
    since: (when: string) => `Signed in ${when}`,
    unknown: 'Unknown device',
    signOut: 'Sign out',
    signOutOf: (device: string) => `Sign out ${device}`,
    others: 'Sign out all other devices',
    everywhere: 'Sign out everywhere',
    everywhereTitle: 'Sign out everywhere?',
    everywhereExplain: 'Every device is signed out, this one too.',
    forget: 'Sign out and forget this device',
    forgetExplain:
      'If others use this device too: your next sign-in here counts as one from a new device, and we tell you about it by e-mail.',
  },
}

export type AccountTexts = typeof en
