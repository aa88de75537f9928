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

/** After something that sends a letter. */
export function CheckMail() {
  return told().sent === 'reset' ? <ResetSent /> : <VerificationSent />
}

function ResetSent() {
  const texts = useTexts()
  const { email } = told()
  return (
    <Sent
      email={email}
      explain={texts.checkMail.reset}
      resend={(email) => accounts.call('auth.request_password_reset', { email })}
    />
  )
}

/** Who registered here goes on by the letter's code, or as soon as its link was opened anywhere. */
function VerificationSent() {
  const texts = useTexts()
  const [kept] = useState(keptRegistration)
  const email = told().email ?? kept?.email
  const registration = kept?.email === email ? kept : null
  useVerification(registration)
  return (
    <Sent
      email={email}
      explain={texts.checkMail.registered}
      resend={(email) => accounts.call('auth.resend_verification', letterOf(email))}
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
      // The page goes on when the server says that the address is verified.
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
  readonly explain: (email: string) => string
  readonly resend: (email: string) => Promise<unknown>
  readonly children?: ComponentChildren
}

/** A letter that is on its way, and how it is sent once more. */
function Sent({ email, explain, resend, children }: SentProps) {
  const texts = useTexts()
  const [isResent, setResent] = useState(false)
  const form = useForm({
    fields: [],
    async send() {
      setResent(false)
      if (email === undefined) return
      await resend(email)
      setResent(true)
    },
  })
  return (
    <Card title={texts.checkMail.title}>
      {email !== undefined && (
        <>
          <p>{explain(email)}</p>
          <MailLink to={email} />
        </>
      )}
      {children}
      <p>{texts.checkMail.lifetime}</p>
      <Status>{isResent && <Notice kind="good">{texts.checkMail.resent}</Notice>}</Status>
      {email !== undefined && (
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
