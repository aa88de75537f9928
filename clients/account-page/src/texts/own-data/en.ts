/** English: the data stored about a person, and its deletion. */
export const en = {
  title: 'Your data',
  exportExplain: 'Everything that we keep about you in one file that you can read. It contains the same as JSON, for programs.',
  export: 'Save my data',
  exported: 'Your data is saved as a file.',
  file: 'my-data',
  heading: (shop: string) => `What ${shop} keeps about you`,
  savedAt: (when: string) => `As of ${when}. The same is in this file as JSON, for programs.`,
  none: 'None',
  yes: 'yes',
  no: 'no',
  deletion: 'Delete account',
  deletionTitle: 'Delete your account?',
  deletionExplain: 'We send a link to your e-mail address. Nothing is deleted until you open it.',
  sendLink: 'Send the link',
  linkSent: (email: string) => `We have sent a link to ${email}. Open it to delete your account.`,
  confirm: {
    title: 'Delete your account',
    explain: 'Your account and everything that we keep about you in it is deleted at once. This cannot be undone.',
    submit: 'Delete my account',
    done: 'Your account is deleted.',
  },
  parts: {
    profile: 'Profile',
    external_id: 'What the shop knew you by before',
    addresses: 'Addresses',
    sessions: 'Where you are signed in',
    ended_sessions: 'Where you were signed in',
    devices: 'Devices that we know',
    sign_in_methods: 'Ways to sign in',
    security_events: 'Activity',
    letters: 'E-mails to you',
    events: 'Changes',
  },
}

export type OwnDataTexts = typeof en
