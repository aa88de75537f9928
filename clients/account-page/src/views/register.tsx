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
  const { texts, locale } = useContext(LanguageContext)
  const [values, setValues] = useState(EMPTY)
  const set = (name: keyof typeof EMPTY) => (value: string) => setValues((present) => ({ ...present, [name]: value }))
  const form = useForm({
    fields: [...REQUIRED, ...OPTIONAL],
    missing: () => REQUIRED.filter((name) => (name === 'password' ? values[name] : tidyText(values[name])) === ''),
    async send() {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) as typeof EMPTY
      const { registration, expires_at } = await accounts.call('auth.register', { ...given, locale })
      keepRegistration({ registration, email: values.email.trim(), expires_at })
      go('/check-mail', { email: values.email.trim(), sent: 'verification' })
    },
  })
  const options = useOptions()
  const domains = options?.sign_up_domains ?? []
  if (options?.sign_up === 'closed') return <Closed />
  const field = (name: keyof typeof EMPTY) => ({ form, name, value: values[name], onValue: set(name) })
  return (
    <Card title={texts.register.title}>
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
      <p>
        {texts.register.haveOne} <Link to="/sign-in">{texts.signIn.submit}</Link>
      </p>
    </Card>
  )
}

function Closed() {
  const texts = useTexts()
  return (
    <Card title={texts.register.title}>
      <Status>
        <Notice kind="plain">{texts.errors.sign_up_closed}</Notice>
      </Status>
      <p>
        {texts.register.haveOne} <Link to="/sign-in">{texts.signIn.submit}</Link>
      </p>
    </Card>
  )
}
