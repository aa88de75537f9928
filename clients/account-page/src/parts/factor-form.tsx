import { type AuthenticationMethod, hasPasskeys, type Proof } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from './field.js'
import { FormFrame } from './form-frame.js'
import { Icon } from './icons.js'
import { Notice } from './notice.js'

/** The possible proofs, the preferred one first. */
const TYPED = ['totp', 'password', 'recovery_code'] as const
type Typed = (typeof TYPED)[number]

interface FactorFormProps {
  /** The methods. */
  readonly methods: readonly AuthenticationMethod[]
  readonly submit: string
  readonly show: (proof: Proof) => Promise<unknown>
  /** The e-mail address of the password, for password managers. */
  readonly username?: string
}

/** Asks for one of several proofs: a code, a recovery code, a password, a passkey. */
export function FactorForm({ methods, submit, show, username }: FactorFormProps) {
  const texts = useTexts()
  const { factor } = texts.signInMethods
  const typed = TYPED.filter((method) => methods.includes(method))
  const [chosen, setChosen] = useState<Typed | undefined>(typed[0])
  const [value, setValue] = useState('')
  const form = useForm({
    fields: chosen ? [chosen] : [],
    missing: () => (chosen && !proofOf(chosen, value) ? [chosen] : []),
    place: chosen
      ? { invalid_credentials: [chosen, ({ faults }) => (chosen === 'password' ? faults.wrong_password : faults[chosen])] }
      : {},
    async send() {
      passkey.clear()
      await show(proofOf(chosen!, value)!)
    },
  })
  const passkey = useForm({
    fields: [],
    say: { invalid_credentials: ({ errors }) => errors.passkey },
    async send() {
      form.clear()
      await show('passkey')
    },
  })
  useEffect(() => {
    form.element.current?.querySelector<HTMLInputElement>('input:not([hidden])')?.focus()
  }, [chosen])
  const choose = (method: Typed) => {
    form.clear()
    setValue('')
    setChosen(method)
  }
  const others: Readonly<Record<Typed, string>> = {
    totp: factor.useTotp,
    password: factor.usePassword,
    recovery_code: factor.useRecoveryCode,
  }
  return (
    <>
      {chosen && (
        <FormFrame form={form} submit={submit} label={submit}>
          {chosen === 'password' && (
            <input hidden type="text" name="username" autoComplete="username" value={username} readOnly />
          )}
          <FactorField form={form} name={chosen} value={value} onValue={setValue} />
        </FormFrame>
      )}
      {methods.includes('passkey') && hasPasskeys() && (
        <form ref={passkey.element} class="other" onSubmit={passkey.submit} aria-label={factor.usePasskey}>
          {passkey.problem !== null && <Notice kind="bad">{passkey.problem}</Notice>}
          <button type="submit" aria-disabled={passkey.isBusy}>
            <Icon name="passkey" /> {factor.usePasskey}
          </button>
        </form>
      )}
      {typed
        .filter((method) => method !== chosen)
        .map((method) => (
          <p key={method}>
            <button type="button" class="link" onClick={() => choose(method)}>
              {others[method]}
            </button>
          </p>
        ))}
    </>
  )
}

interface FactorFieldProps {
  readonly form: Parameters<typeof Field>[0]['form']
  readonly name: Typed
  readonly value: string
  readonly onValue: (value: string) => void
}

function FactorField(props: FactorFieldProps) {
  const texts = useTexts()
  switch (props.name) {
    case 'totp':
      return <Field {...props} autoComplete="one-time-code" inputMode="numeric" hint={texts.hints.totp} />
    case 'password':
      return <Field {...props} type="password" autoComplete="current-password" />
    case 'recovery_code':
      return <Field {...props} autoComplete="off" />
  }
}

/** The digits of a code, in any notation. */
export function digitsOf(code: string): string {
  return code.normalize('NFKC').replace(/\D/g, '')
}

function proofOf(method: Typed, typed: string): Exclude<Proof, 'passkey'> | null {
  if (method === 'password') return typed === '' ? null : { password: typed }
  const code = method === 'totp' ? digitsOf(typed) : typed.trim()
  if (code === '') return null
  return method === 'totp' ? { totp: code } : { recovery_code: code }
}
