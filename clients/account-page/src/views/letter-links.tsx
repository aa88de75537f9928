import { useState } from 'preact/hooks'
import { accounts, useAccounts } from '../accounts.js'
import { type Form, useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { NewPasswordField } from '../parts/new-password-field.js'
import { Notice, Status } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { keptRegistration, useVerification } from '../registration.js'
import { keepResetAddress, keptResetAddress } from '../reset-address.js'
import { Link, replace, told } from '../route.js'

/**
 * The targets of letters' links. Each waits for its button, so that programs which open links to scan them use up no
 * token.
 */

export function VerifyEmail() {
  const texts = useTexts()
  const { token } = told()
  const [kept] = useState(keptRegistration)
  // Proof of the registration: its handle in this browser, or else the password.
  const [isAsked, setAsked] = useState(kept === null)
  const [isVerified, setVerified] = useState(false)
  const [password, setPassword] = useState('')
  useVerification(isVerified ? kept : null)
  const form = useForm({
    fields: ['password'],
    missing: () => (isAsked && !password ? ['password'] : []),
    place: isAsked ? { invalid_credentials: ['password', ({ faults }) => faults.registration_password] } : {},
    async send() {
      const proof = isAsked || kept === null ? { password } : { registration: kept.registration }
      const answer = await accounts.try('auth.verify_email', { token: token!, ...proof })
      if (!answer.ok) {
        // The stored handle may belong to another registration than the link.
        const isOther = !isAsked && (answer.error.kind === 'invalid_credentials' || answer.error.kind === 'invalid_token')
        if (!isOther) throw answer.error
        setAsked(true)
        focusOnInput(form)
      } else if (isAsked) replace('/sign-in', { email: answer.result.email, done: 'verified' })
      else setVerified(true)
    },
  })
  return (
    <Card title={texts.verifyEmail.title}>
      {token === undefined ? (
        <NoToken />
      ) : (
        <>
          <Status>
            <p>{isAsked ? texts.verifyEmail.askPassword : texts.verifyEmail.explain}</p>
          </Status>
          <FormFrame form={form} submit={texts.verifyEmail.submit}>
            {isAsked && (
              <Field
                form={form}
                name="password"
                type="password"
                value={password}
                onValue={setPassword}
                autoComplete="current-password"
              />
            )}
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
  const [known] = useState(keptResetAddress)
  const [email, setEmail] = useState(known ?? '')
  const [password, setPassword] = useState('')
  const form = useForm({
    fields: ['email', 'new_password'],
    missing: () => (password ? [] : ['new_password']),
    async send() {
      await accounts.call('auth.confirm_password_reset', { token: token!, new_password: password })
      keepResetAddress(null)
      replace('/sign-in', { email: email.trim(), done: 'reset' })
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
            {known === null ? (
              <Field
                form={form}
                name="email"
                type="email"
                value={email}
                onValue={setEmail}
                autoComplete="username"
                isOptional
                hint={texts.hints.username}
              />
            ) : (
              <input hidden type="text" name="username" autoComplete="username" value={email} readOnly />
            )}
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
  const isSignedOut = useAccounts(({ connection }) => connection.status === 'signed_out')
  const [isRefused, setRefused] = useState(false)
  const [password, setPassword] = useState('')
  // Proof of the account: the session, or else the password.
  const isAsked = isSignedOut || isRefused
  const form = useForm({
    fields: ['password'],
    missing: () => (isAsked && !password ? ['password'] : []),
    place: isAsked ? { invalid_credentials: ['password', ({ faults }) => faults.account_password] } : {},
    async send() {
      const proof = isAsked ? { password } : {}
      const answer = await accounts.try('profile.confirm_email_change', { token: token!, ...proof })
      if (answer.ok) return replace('/sign-in', { email: answer.result.email, done: 'emailChanged' })
      // Another account is signed in here.
      if (isAsked || answer.error.kind !== 'invalid_credentials') throw answer.error
      setRefused(true)
      focusOnInput(form)
    },
  })
  return (
    <Card title={texts.confirmEmailChange.title}>
      {token === undefined ? (
        <NoToken />
      ) : (
        <>
          <p>{texts.confirmEmailChange.explain}</p>
          <Status>{isAsked && <p>{texts.confirmEmailChange.askPassword}</p>}</Status>
          <FormFrame form={form} submit={texts.confirmEmailChange.submit}>
            {isAsked && (
              <Field
                form={form}
                name="password"
                type="password"
                value={password}
                onValue={setPassword}
                autoComplete="current-password"
              />
            )}
          </FormFrame>
        </>
      )}
      <p>
        <Link to="/profile">{texts.page.toAccount}</Link>
      </p>
    </Card>
  )
}

export function ConfirmDeletion() {
  const texts = useTexts()
  const words = texts.ownData.confirm
  const { token } = told()
  const [isDone, setDone] = useState(false)
  const form = useForm({
    fields: [],
    async send() {
      await accounts.call('account.confirm_deletion', { token: token! })
      setDone(true)
    },
  })
  return (
    <Card title={words.title}>
      <Status>{isDone && <Notice kind="good">{words.done}</Notice>}</Status>
      {isDone ? null : token === undefined ? (
        <NoToken />
      ) : (
        <>
          <p>{words.explain}</p>
          <FormFrame form={form} submit={words.submit} isDanger>
            {null}
          </FormFrame>
        </>
      )}
      <p>
        <Link to={isDone ? '/sign-in' : '/profile'}>{isDone ? texts.page.toSignIn : texts.page.toAccount}</Link>
      </p>
    </Card>
  )
}

/** To the field that is asked for only now. */
function focusOnInput({ element }: Form): void {
  requestAnimationFrame(() => element.current?.querySelector('input')?.focus())
}

function NoToken() {
  const texts = useTexts()
  return (
    <Status>
      <Notice kind="plain">{texts.link.missing}</Notice>
    </Status>
  )
}
