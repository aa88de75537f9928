import { type AccountsError, type EndReason, hasPasskeys, isAccountsError, type SecondFactor } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { device_name } from '../device.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { useOptions } from '../options.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { Icon } from '../parts/icons.js'
import { Notice, Status } from '../parts/notice.js'
import { ProviderButtons } from '../parts/provider-buttons.js'
import { Card } from '../parts/title.js'
import { letterOf } from '../registration.js'
import { go, Link, replace, type Told, told } from '../route.js'
import { SecondStep } from './second-step.js'

interface SignInProps {
  /** Why the visitor is no longer signed in. */
  readonly reason: EndReason | null
}

export function SignIn({ reason }: SignInProps) {
  const [secondFactor, setSecondFactor] = useState<SecondFactor | null>(null)
  const [over, setOver] = useState<AccountsError | null>(null)
  if (secondFactor === null) return <FirstStep reason={reason} isOver={over !== null} onHalf={setSecondFactor} />
  return (
    <SecondStep
      secondFactor={secondFactor}
      onSignedIn={enter}
      restart={(error) => {
        setOver(error)
        setSecondFactor(null)
      }}
    />
  )
}

/** Signed in: continues to the page in the address. */
function enter(): void {
  if (location.pathname === '/sign-in') replace('/profile')
}

interface FirstStepProps extends SignInProps {
  /** Whether the second step took too long. */
  readonly isOver: boolean
  readonly onHalf: (secondFactor: SecondFactor) => void
}

function FirstStep({ reason, isOver, onHalf }: FirstStepProps) {
  const texts = useTexts()
  const options = useOptions()
  const offersPasskeys = options?.passkeys && hasPasskeys()
  const providers = options?.providers ?? []
  const { email: knownEmail, done } = told()
  const [email, setEmail] = useState(knownEmail ?? '')
  const [password, setPassword] = useState('')
  const form = useForm({
    fields: ['email', 'password'],
    missing: () => [...(email.trim() ? [] : ['email' as const]), ...(password ? [] : ['password' as const])],
    async send() {
      resend.clear()
      const signIn = await accounts.signIn({ email, password, device_name })
      if (signIn.outcome === 'signed_in') enter()
      else onHalf(signIn.secondFactor)
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
        {isOver ? (
          <Notice kind="plain">{texts.signInMethods.secondStep.over}</Notice>
        ) : done ? (
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
        <Field form={form} name="email" type="email" value={email} onValue={setEmail} autoComplete="username webauthn" />
        <Field
          form={form}
          name="password"
          type="password"
          value={password}
          onValue={setPassword}
          autoComplete="current-password"
        />
      </FormFrame>
      {(offersPasskeys || providers.length > 0) && <p class="or">{texts.signIn.or}</p>}
      {offersPasskeys && <PasskeySignIn />}
      <ProviderButtons
        providers={providers}
        visit={(provider) => accounts.signInWithProvider(provider, { device_name })}
      />
      <p>
        <Link to="/forgotten-password" told={{ email }}>
          {texts.signIn.forgotten}
        </Link>
      </p>
      {options?.sign_up === 'invited' && (
        <p>
          {texts.signIn.newHere} {texts.invitation.only}
        </p>
      )}
      {options?.sign_up === 'open' && (
        <p>
          {texts.signIn.newHere} <Link to="/register">{texts.signIn.register}</Link>
        </p>
      )}
    </Card>
  )
}

/** By the button, or by the browser's offer in the field for the e-mail address. */
function PasskeySignIn() {
  const texts = useTexts()
  const form = useForm({
    fields: [],
    say: { invalid_credentials: ({ errors }) => errors.passkey },
    async send() {
      await accounts.signInWithPasskey({ device_name })
      enter()
    },
  })
  useEffect(() => {
    const leave = new AbortController()
    accounts.signInWithPasskey({ autofill: true, device_name, signal: leave.signal }).then(
      (signIn) => signIn !== null && enter(),
      (error: unknown) => {
        if (!isAccountsError(error)) throw error
        form.fail(error)
      },
    )
    return () => leave.abort()
  }, [])
  return (
    <form ref={form.element} class="other" onSubmit={form.submit} aria-label={texts.signInMethods.factor.usePasskey}>
      {form.problem !== null && <Notice kind="bad">{form.problem}</Notice>}
      <button type="submit" aria-disabled={form.isBusy}>
        <Icon name="passkey" /> {texts.signInMethods.factor.usePasskey}
      </button>
    </form>
  )
}

/** After a letter's link has worked, for a visitor who is still signed in. */
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
