import type { LiveAccount } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { MailLink } from '../parts/mail-link.js'
import { asksForPassword, proven } from '../proof.js'

/** The e-mail address, and its change, which waits for confirmation from the new mailbox. */
export function EmailChange({ account }: { readonly account: LiveAccount }) {
  const { profile } = account
  const texts = useTexts()
  const [isOpen, setOpen] = useState(false)
  return (
    <section class="panel" aria-labelledby="email">
      <h2 id="email">{texts.profile.email}</h2>
      <p class="value">{profile.email}</p>
      {profile.pending_email !== null && <Pending email={profile.pending_email} />}
      {isOpen ? (
        <Request present={profile.email} isAsked={asksForPassword(account.sign_in_methods)} close={() => setOpen(false)} />
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

interface RequestProps {
  /** The present address. */
  readonly present: string
  /** Whether the present password is asked for. */
  readonly isAsked: boolean
  readonly close: () => void
}

function Request({ present, isAsked, close }: RequestProps) {
  const texts = useTexts()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const form = useForm({
    fields: isAsked ? ['new_email', 'current_password'] : ['new_email'],
    missing: () => [
      ...(email.trim() ? [] : ['new_email' as const]),
      ...(password || !isAsked ? [] : ['current_password' as const]),
    ],
    place: isAsked ? { invalid_credentials: ['current_password', ({ faults }) => faults.present_password] } : {},
    async send() {
      const call = isAsked ? { new_email: email, current_password: password } : { new_email: email }
      await write(() => proven(() => accounts.call('profile.request_email_change', call)))
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
      {/* For password managers: whose password is asked for, and that it is not the new address's. */}
      <input hidden type="text" name="username" autoComplete="username" value={present} readOnly />
      <Field form={form} name="new_email" type="email" value={email} onValue={setEmail} autoComplete="email" />
      {isAsked && (
        <Field
          form={form}
          name="current_password"
          type="password"
          value={password}
          onValue={setPassword}
          autoComplete="current-password"
        />
      )}
    </FormFrame>
  )
}
