import { useTexts } from '../language.js'
import { page } from '../page.js'
import { Field, type FieldProps } from './field.js'

interface NewPasswordFieldProps extends Pick<FieldProps, 'form' | 'value' | 'onValue'> {
  readonly name: 'password' | 'new_password'
}

/** The field of a new password. */
export function NewPasswordField(props: NewPasswordFieldProps) {
  const texts = useTexts()
  const hint = texts.hints.password(page.passwordMinLength)
  return <Field {...props} type="password" autoComplete="new-password" hint={hint} />
}
