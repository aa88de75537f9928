import { useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { FormFrame } from '../parts/form-frame.js'
import { NewPasswordField } from '../parts/new-password-field.js'
import { Notice, Status } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { Link, replace, told } from '../route.js'

/** Where letters' links lead. Each waits for its button: programs that open links to look at them spend no token. */

export function VerifyEmail() {
  const texts = useTexts()
  const { token } = told()
  const form = useForm({
    fields: [],
    async send() {
      const { email } = await accounts.call('auth.verify_email', { token: token! })
      replace('/sign-in', { email, done: 'verified' })
    },
  })
  return (
    <Card title={texts.verifyEmail.title}>
      {token === undefined ? (
        <NoToken />
      ) : (
        <>
          <p>{texts.verifyEmail.explain}</p>
          <FormFrame form={form} submit={texts.verifyEmail.submit}>
            {null}
          </FormFrame>
        </>
      )}
      <p>
        <Link to="/sign-in">{texts.page.toSignIn}</Link>
      </p>
    </Card>
  )
}

export function PasswordReset() {
  const texts = useTexts()
  const { token } = told()
  const [password, setPassword] = useState('')
  const form = useForm({
    fields: ['new_password'],
    missing: () => (password ? [] : ['new_password']),
    async send() {
      await accounts.call('auth.confirm_password_reset', { token: token!, new_password: password })
      replace('/sign-in', { done: 'reset' })
    },
  })
  return (
    <Card title={texts.passwordReset.title}>
      {token === undefined ? (
        <NoToken />
      ) : (
        <>
          <p>{texts.passwordReset.explain}</p>
          <FormFrame form={form} submit={texts.passwordReset.submit}>
            <NewPasswordField form={form} name="new_password" value={password} onValue={setPassword} />
          </FormFrame>
        </>
      )}
      <p>
        <Link to="/forgotten-password">{texts.link.newOne}</Link>
      </p>
    </Card>
  )
}

export function ConfirmEmailChange() {
  const texts = useTexts()
  const { token } = told()
  const form = useForm({
    fields: [],
    async send() {
      const { email } = await accounts.call('profile.confirm_email_change', { token: token! })
      replace('/sign-in', { email, done: 'emailChanged' })
    },
  })
  return (
    <Card title={texts.confirmEmailChange.title}>
      {token === undefined ? (
        <NoToken />
      ) : (
        <>
          <p>{texts.confirmEmailChange.explain}</p>
          <FormFrame form={form} submit={texts.confirmEmailChange.submit}>
            {null}
          </FormFrame>
        </>
      )}
      <p>
        <Link to="/profile">{texts.page.toAccount}</Link>
      </p>
    </Card>
  )
}

function NoToken() {
  const texts = useTexts()
  return (
    <Status>
      <Notice kind="plain">{texts.link.missing}</Notice>
    </Status>
  )
}
