import { useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { Card } from '../parts/title.js'
import { keepResetAddress } from '../reset-address.js'
import { go, Link, told } from '../route.js'

export function ForgottenPassword() {
  const texts = useTexts()
  const [email, setEmail] = useState(told().email ?? '')
  const form = useForm({
    fields: ['email'],
    missing: () => (email.trim() ? [] : ['email']),
    async send() {
      await accounts.call('auth.request_password_reset', { email })
      keepResetAddress(email.trim())
      go('/check-mail', { email: email.trim(), sent: 'reset' })
    },
  })
  return (
    <Card title={texts.forgottenPassword.title}>
      <p>{texts.forgottenPassword.explain}</p>
      <FormFrame form={form} submit={texts.forgottenPassword.submit}>
        <Field form={form} name="email" type="email" value={email} onValue={setEmail} autoComplete="username" />
      </FormFrame>
      <p>
        <Link to="/sign-in">{texts.forgottenPassword.back}</Link>
      </p>
    </Card>
  )
}
