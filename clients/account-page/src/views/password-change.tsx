import { useState } from 'preact/hooks'
import { accounts, useAccounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { NewPasswordField } from '../parts/new-password-field.js'
import { Notice, Status } from '../parts/notice.js'

export function PasswordChange() {
  const texts = useTexts()
  const email = useAccounts(({ account }) => account?.profile.email)
  const [present, setPresent] = useState('')
  const [password, setPassword] = useState('')
  const [ended, setEnded] = useState<number | null>(null)
  const form = useForm({
    fields: ['current_password', 'new_password'],
    missing: () => [
      ...(present ? [] : ['current_password' as const]),
      ...(password ? [] : ['new_password' as const]),
    ],
    place: { invalid_credentials: ['current_password', ({ faults }) => faults.present_password] },
    async send() {
      setEnded(null)
      const call = { current_password: present, new_password: password }
      const { sessions_ended } = await write(() => accounts.call('auth.change_password', call))
      setPresent('')
      setPassword('')
      setEnded(sessions_ended)
    },
  })
  return (
    <section class="panel" aria-labelledby="password">
      <h2 id="password">{texts.security.password}</h2>
      <p class="quiet">{texts.security.passwordExplain}</p>
      <Status>{ended !== null && <Notice kind="good">{texts.security.changed(ended)}</Notice>}</Status>
      <FormFrame form={form} submit={texts.security.submit} label={texts.security.password}>
        {/* For password managers: whose password it is. */}
        <input hidden type="text" name="username" autoComplete="username" value={email} readOnly />
        <Field
          form={form}
          name="current_password"
          type="password"
          value={present}
          onValue={setPresent}
          autoComplete="current-password"
        />
        <NewPasswordField form={form} name="new_password" value={password} onValue={setPassword} />
      </FormFrame>
    </section>
  )
}
