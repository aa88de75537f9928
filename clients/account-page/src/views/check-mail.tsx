import { type ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { MailLink } from '../parts/mail-link.js'
import { Notice, Status } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { keptRegistration, letterOf, type Registration, useVerification } from '../registration.js'
import { Link, told } from '../route.js'

/** The page after an action that sends a letter. */
export function CheckMail() {
  return told().sent === 'reset' ? <ResetSent /> : <VerificationSent />
}

function ResetSent() {
  const texts = useTexts()
  const { email } = told()
  return (
    <Sent
      email={email}
      explain={email === undefined ? null : texts.checkMail.reset(email)}
      resend={email === undefined ? null : () => accounts.call('auth.request_password_reset', { email })}
    />
  )
}

/** After a registration here, continues with the letter's code, or as soon as its link was opened anywhere. */
function VerificationSent() {
  const texts = useTexts()
  const [kept] = useState(keptRegistration)
  const email = told().email ?? kept?.email ?? undefined
  const registration = kept !== null && (kept.email ?? undefined) === email ? kept : null
  useVerification(registration)
  const letter = email === undefined ? registration && { registration: registration.registration } : letterOf(email)
  const { registered, registeredByProvider } = texts.checkMail
  return (
    <Sent
      email={email}
      explain={email === undefined ? registration && registeredByProvider : registered(email)}
      resend={letter && (() => accounts.call('auth.resend_verification', letter))}
    >
      {registration !== null && <Code registration={registration} />}
    </Sent>
  )
}

function Code({ registration: { registration } }: { readonly registration: Registration }) {
  const texts = useTexts()
  const [code, setCode] = useState('')
  const digits = code.normalize('NFKC').replace(/\D/g, '')
  const form = useForm({
    fields: ['code'],
    missing: () => (digits ? [] : ['code']),
    place: { invalid_token: ['code', ({ faults }) => faults.code] },
    async send() {
      // The page continues when the server reports that the address is verified.
      await accounts.call('auth.verify_email', { registration, code: digits })
    },
  })
  return (
    <>
      <p class="quiet">{texts.checkMail.waiting}</p>
      <FormFrame form={form} submit={texts.checkMail.submitCode} label={texts.checkMail.submitCode}>
        <Field
          form={form}
          name="code"
          value={code}
          onValue={setCode}
          autoComplete="one-time-code"
          inputMode="numeric"
          hint={texts.hints.code}
        />
      </FormFrame>
    </>
  )
}

interface SentProps {
  readonly email: string | undefined
  /** `null` if no letter is known. */
  readonly explain: string | null
  readonly resend: (() => Promise<unknown>) | null
  readonly children?: ComponentChildren
}

/** A letter under way, and how to send it again. */
function Sent({ email, explain, resend, children }: SentProps) {
  const texts = useTexts()
  const [isResent, setResent] = useState(false)
  const form = useForm({
    fields: [],
    async send() {
      setResent(false)
      await resend?.()
      setResent(true)
    },
  })
  return (
    <Card title={texts.checkMail.title}>
      {explain !== null && <p>{explain}</p>}
      {email !== undefined && <MailLink to={email} />}
      {children}
      <p>{texts.checkMail.lifetime}</p>
      <Status>{isResent && <Notice kind="good">{texts.checkMail.resent}</Notice>}</Status>
      {resend !== null && (
        <FormFrame form={form} submit={texts.checkMail.resend} isQuiet={children != null && children !== false}>
          {null}
        </FormFrame>
      )}
      <p>
        <Link to="/sign-in" told={email === undefined ? {} : { email }}>
          {texts.forgottenPassword.back}
        </Link>
      </p>
    </Card>
  )
}
