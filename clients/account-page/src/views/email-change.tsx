import type { Profile } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { MailLink } from '../parts/mail-link.js'

/** The e-mail address, and its change, which waits for the new mailbox's owner. */
export function EmailChange({ profile }: { readonly profile: Profile }) {
  const texts = useTexts()
  const [isOpen, setOpen] = useState(false)
  return (
    <section class="panel" aria-labelledby="email">
      <h2 id="email">{texts.profile.email}</h2>
      <p class="value">{profile.email}</p>
      {profile.pending_email !== null && <Pending email={profile.pending_email} />}
      {isOpen ? (
        <Request close={() => setOpen(false)} />
      ) : (
        <div class="buttons">
          <button type="button" onClick={() => setOpen(true)}>
            {texts.profile.changeEmail}
          </button>
        </div>
      )}
    </section>
  )
}

function Pending({ email }: { readonly email: string }) {
  const texts = useTexts()
  const form = useForm({
    fields: [],
    send: async () => void (await write(() => accounts.call('profile.cancel_email_change'))),
  })
  return (
    <div class="notice plain">
      <p>{texts.profile.pending(email)}</p>
      <MailLink to={email} />
      <FormFrame form={form} submit={texts.profile.cancelPending} label={texts.profile.cancelPending} isQuiet>
        {null}
      </FormFrame>
    </div>
  )
}

function Request({ close }: { readonly close: () => void }) {
  const texts = useTexts()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const form = useForm({
    fields: ['new_email', 'current_password'],
    missing: () => [...(email.trim() ? [] : ['new_email' as const]), ...(password ? [] : ['current_password' as const])],
    place: { invalid_credentials: ['current_password', ({ faults }) => faults.present_password] },
    async send() {
      await write(() => accounts.call('profile.request_email_change', { new_email: email, current_password: password }))
      close()
    },
  })
  return (
    <FormFrame
      form={form}
      submit={texts.profile.sendLink}
      label={texts.profile.changeEmail}
      onCancel={[texts.page.cancel, close]}
    >
      <p>{texts.profile.changeEmailExplain}</p>
      <Field form={form} name="new_email" type="email" value={email} onValue={setEmail} autoComplete="off" />
      <Field
        form={form}
        name="current_password"
        type="password"
        value={password}
        onValue={setPassword}
        autoComplete="current-password"
      />
    </FormFrame>
  )
}
