import type { ComponentChildren } from 'preact'
import { useContext, useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { useForm } from '../form.js'
import { LanguageContext, useTexts } from '../language.js'
import { useOptions } from '../options.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { NewPasswordField } from '../parts/new-password-field.js'
import { PhoneField } from '../parts/phone-field.js'
import { Notice, Status } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { keepRegistration } from '../registration.js'
import { go, Link } from '../route.js'
import { tidyText } from '../text.js'

const REQUIRED = ['first_name', 'email', 'password'] as const
const OPTIONAL = ['last_name', 'company_name', 'phone'] as const
const EMPTY = { first_name: '', last_name: '', email: '', password: '', company_name: '', phone: '' }

export function Register() {
  const texts = useTexts()
  const options = useOptions()
  const { title } = texts.register
  if (options?.sign_up === 'closed') return <NoRegistration title={title} why={texts.errors.sign_up_closed} />
  if (options?.sign_up === 'invited') return <NoRegistration title={title} why={texts.invitation.needed} />
  return <RegistrationForm title={title} />
}

interface RegistrationFormProps {
  readonly title: string
  readonly before?: ComponentChildren
  readonly after?: ComponentChildren
  /** What is sent besides the fields. */
  readonly params?: { readonly invitation: string }
  /** What is said where this address cannot register. */
  readonly refused?: string
}

export function RegistrationForm({ title, before, after, params, refused }: RegistrationFormProps) {
  const { texts, locale } = useContext(LanguageContext)
  const [values, setValues] = useState(EMPTY)
  const set = (name: keyof typeof EMPTY) => (value: string) => setValues((present) => ({ ...present, [name]: value }))
  const form = useForm({
    fields: [...REQUIRED, ...OPTIONAL],
    ...(refused === undefined ? {} : { say: { sign_up_closed: () => refused } }),
    missing: () => REQUIRED.filter((name) => (name === 'password' ? values[name] : tidyText(values[name])) === ''),
    async send() {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) as typeof EMPTY
      const { registration, expires_at } = await accounts.call('auth.register', { ...given, ...params, locale })
      keepRegistration({ registration, email: values.email.trim(), expires_at })
      go('/check-mail', { email: values.email.trim(), sent: 'verification' })
    },
  })
  const domains = useOptions()?.sign_up_domains ?? []
  const field = (name: keyof typeof EMPTY) => ({ form, name, value: values[name], onValue: set(name) })
  return (
    <Card title={title}>
      {before}
      <FormFrame form={form} submit={texts.register.submit}>
        <div class="pair">
          <Field {...field('first_name')} autoComplete="given-name" />
          <Field {...field('last_name')} autoComplete="family-name" isOptional />
        </div>
        <Field
          {...field('email')}
          type="email"
          autoComplete="username"
          {...(domains.length > 0 ? { hint: texts.hints.domains(domains) } : {})}
        />
        <NewPasswordField {...field('password')} name="password" />
        <Field
          {...field('company_name')}
          autoComplete="organization"
          isOptional
          hint={texts.hints.company_name}
        />
        <PhoneField {...field('phone')} />
      </FormFrame>
      {after}
      <p>
        {texts.register.haveOne} <Link to="/sign-in">{texts.signIn.submit}</Link>
      </p>
    </Card>
  )
}

interface NoRegistrationProps {
  readonly title: string
  readonly why: string
}

/** Replaces the form where registration is closed. */
export function NoRegistration({ title, why }: NoRegistrationProps) {
  const texts = useTexts()
  return (
    <Card title={title}>
      <Status>
        <Notice kind="plain">{why}</Notice>
      </Status>
      <p>
        {texts.register.haveOne} <Link to="/sign-in">{texts.signIn.submit}</Link>
      </p>
    </Card>
  )
}
