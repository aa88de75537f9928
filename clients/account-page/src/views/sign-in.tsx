import type { EndReason } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { nameOfAgent } from '../device.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { Notice } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { go, Link, replace, told } from '../route.js'

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
      await accounts.signIn({ email, password, device_name: nameOfAgent(navigator.userAgent) })
      if (location.pathname === '/sign-in') replace('/profile')
    },
  })
  const resend = async () => {
    await accounts.try('auth.resend_verification', { email })
    go('/check-mail', { email, done: 'registered' })
  }
  const good = { verified: texts.signIn.verified, reset: texts.signIn.reset, emailChanged: texts.signIn.emailChanged }
  return (
    <Card title={texts.signIn.title}>
      {done && done in good ? (
        <Notice kind="good">{good[done as keyof typeof good]}</Notice>
      ) : (
        reason && <Notice kind="plain">{texts.ended[reason]}</Notice>
      )}
      <FormFrame
        form={form}
        submit={texts.signIn.submit}
        problem={
          form.error?.kind === 'email_not_verified' && (
            <>
              {form.problem}{' '}
              <button type="button" class="link" onClick={() => void resend()}>
                {texts.signIn.resend}
              </button>
            </>
          )
        }
      >
        <Field form={form} name="email" type="email" value={email} onValue={setEmail} autoComplete="username" maxLength={254} />
        <Field
          form={form}
          name="password"
          type="password"
          value={password}
          onValue={setPassword}
          autoComplete="current-password"
          maxLength={256}
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
