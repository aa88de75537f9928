import { useTexts } from '../language.js'
import { tidyPhone } from '../phone.js'
import { Field, type FieldProps } from './field.js'

type PhoneFieldProps = Pick<FieldProps, 'form' | 'value' | 'onValue' | 'aside'>

/** An optional telephone number, in E.164. */
export function PhoneField(props: PhoneFieldProps) {
  const texts = useTexts()
  return (
    <Field {...props} name="phone" type="tel" autoComplete="tel" isOptional tidy={tidyPhone} hint={texts.hints.phone} />
  )
}
