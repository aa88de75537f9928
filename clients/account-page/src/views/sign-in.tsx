import type { EndReason } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { nameOfAgent } from '../device.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { Notice, Status } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { letterOf } from '../registration.js'
import { go, Link, replace, type Told, told } from '../route.js'

interface SignInProps {
  /** Why somebody who was signed in is not any more. */
  readonly reason: EndReason | null
}

export function SignIn({ reason }: SignInProps) {
  const texts = useTexts()
  const { email: knownEmail, done } = told()
  const [email, setEmail] = useState(knownEmail ?? '')
  const [password, setPassword] = useState('')
  const form = useForm({
    fields: ['email', 'password'],
    missing: () => [...(email.trim() ? [] : ['email' as const]), ...(password ? [] : ['password' as const])],
    async send() {
      resend.clear()
      await accounts.signIn({ email, password, device_name: nameOfAgent(navigator.userAgent) })
      if (location.pathname === '/sign-in') replace('/profile')
    },
  })
  const resend = useForm({
    fields: [],
    async send() {
      const address = email.trim()
      await accounts.call('auth.resend_verification', letterOf(address))
      go('/check-mail', { email: address, sent: 'verification' })
    },
  })
  return (
    <Card title={texts.signIn.title}>
      <Status>
        {done ? (
          <Notice kind="good">{texts.signIn.done[done]}</Notice>
        ) : (
          reason && <Notice kind="plain">{texts.ended[reason]}</Notice>
        )}
      </Status>
      <FormFrame
        form={form}
        submit={texts.signIn.submit}
        problem={
          form.error?.kind === 'invalid_credentials' && (
            <>
              {resend.problem ?? `${form.problem} ${texts.signIn.unverified}`}{' '}
              <button type="button" class="link" onClick={resend.submit}>
                {texts.signIn.resend}
              </button>
            </>
          )
        }
      >
        <Field form={form} name="email" type="email" value={email} onValue={setEmail} autoComplete="username" />
        <Field
          form={form}
          name="password"
          type="password"
          value={password}
          onValue={setPassword}
          autoComplete="current-password"
        />
      </FormFrame>
      <p>
        <Link to="/forgotten-password" told={{ email }}>
          {texts.signIn.forgotten}
        </Link>
      </p>
      <p>
        {texts.signIn.newHere} <Link to="/register">{texts.signIn.register}</Link>
      </p>
    </Card>
  )
}

/** After a letter's link did its work, for somebody who is signed in nevertheless. */
export function Done({ done }: { readonly done: NonNullable<Told['done']> }) {
  const texts = useTexts()
  return (
    <Card title={texts.signIn.title}>
      <Status>
        <Notice kind="good">{texts.signIn.done[done]}</Notice>
      </Status>
      <p>
        <Link to="/profile">{texts.page.toAccount}</Link>
      </p>
    </Card>
  )
}
