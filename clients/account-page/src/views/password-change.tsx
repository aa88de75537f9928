import type { LiveSignInMethods } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { NewPasswordField } from '../parts/new-password-field.js'
import { Notice, Status } from '../parts/notice.js'
import { asksForPassword, proven } from '../proof.js'

interface PasswordChangeProps {
  readonly methods: LiveSignInMethods
  readonly email: string
}

/** Changes the password, or sets the first one. */
export function PasswordChange({ methods, email }: PasswordChangeProps) {
  const texts = useTexts()
  const { security, signInMethods } = texts
  const [present, setPresent] = useState('')
  const [password, setPassword] = useState('')
  const [done, setDone] = useState<string | null>(null)
  const isAsked = asksForPassword(methods)
  const title = methods.password ? security.password : signInMethods.methods.set
  const form = useForm({
    fields: isAsked ? ['current_password', 'new_password'] : ['new_password'],
    missing: () => [
      ...(present || !isAsked ? [] : ['current_password' as const]),
      ...(password ? [] : ['new_password' as const]),
    ],
    place: isAsked ? { invalid_credentials: ['current_password', ({ faults }) => faults.present_password] } : {},
    async send() {
      setDone(null)
      const call = isAsked ? { current_password: present, new_password: password } : { new_password: password }
      const { sessions_ended } = await write(() => proven(() => accounts.call('auth.change_password', call)))
      setPresent('')
      setPassword('')
      setDone((methods.password ? security.changed : signInMethods.methods.isSet)(sessions_ended))
    },
  })
  return (
    <section class="panel" aria-labelledby="password">
      <h2 id="password">{title}</h2>
      <p class="quiet">{methods.password ? security.passwordExplain : signInMethods.methods.setExplain}</p>
      <Status>{done !== null && <Notice kind="good">{done}</Notice>}</Status>
      <FormFrame form={form} submit={title} label={title}>
        {/* For password managers: whose password it is. */}
        <input hidden type="text" name="username" autoComplete="username" value={email} readOnly />
        {isAsked && (
          <Field
            form={form}
            name="current_password"
            type="password"
            value={present}
            onValue={setPresent}
            autoComplete="current-password"
          />
        )}
        <NewPasswordField form={form} name="new_password" value={password} onValue={setPassword} />
      </FormFrame>
    </section>
  )
}
