/** English: signing up by invitation. */
export const en = {
  title: 'You are invited',
  explain: 'Create your account here. Use the e-mail address that the invitation was sent to; it does not work for any other.',
  bad: 'This invitation does not work for this e-mail address. Please use the address that it was sent to. If you did, the invitation was used or withdrawn, was replaced by a newer one, or is older than a week: please ask for a new one.',
  needed: 'You need an invitation to register here. If you were sent one, open the link in that e-mail.',
  only: 'You need an invitation to create an account. If you were sent one, open the link in that e-mail.',
}

export type InvitationTexts = typeof en
