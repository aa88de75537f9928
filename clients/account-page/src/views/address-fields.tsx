import type { JSX } from 'preact'
import type { Form } from '../form.js'
import { useTexts } from '../language.js'
import { Field } from '../parts/field.js'
import { PhoneField } from '../parts/phone-field.js'
import { tidyText } from '../text.js'

/** The fields of an address in the order of an envelope. */
export const ADDRESS_FIELDS = [
  'label',
  'first_name',
  'last_name',
  'company',
  'address_line_1',
  'address_line_2',
  'postal_code',
  'city',
  'state',
  'country',
  'phone',
] as const
export type AddressField = (typeof ADDRESS_FIELDS)[number]
export const OPTIONAL_FIELDS = ['last_name', 'company', 'address_line_2', 'postal_code', 'state', 'phone'] as const

/** Required fields that are empty. */
export function missingFields(value: (field: AddressField) => string): AddressField[] {
  const optional: readonly string[] = OPTIONAL_FIELDS
  return ADDRESS_FIELDS.filter((field) => !optional.includes(field) && tidyText(value(field)) === '')
}

interface AddressFieldsProps {
  readonly form: Form
  readonly value: (field: AddressField) => string
  readonly set: (field: AddressField, value: string) => void
  readonly aside?: (field: AddressField) => JSX.Element | null
}

export function AddressFields({ form, value, set, aside }: AddressFieldsProps) {
  const texts = useTexts()
  const field = (name: AddressField) => ({
    form,
    name,
    value: value(name),
    onValue: (typed: string) => set(name, typed),
    aside: aside?.(name) ?? null,
  })
  return (
    <>
      <Field {...field('label')} autoComplete="off" hint={texts.hints.label} />
      <div class="pair">
        <Field {...field('first_name')} autoComplete="given-name" />
        <Field {...field('last_name')} autoComplete="family-name" isOptional />
      </div>
      <Field {...field('company')} autoComplete="organization" isOptional />
      <Field {...field('address_line_1')} autoComplete="address-line1" />
      <Field {...field('address_line_2')} autoComplete="address-line2" isOptional />
      <div class="pair">
        <Field {...field('postal_code')} autoComplete="postal-code" isOptional />
        <Field {...field('city')} autoComplete="address-level2" />
      </div>
      <div class="pair">
        <Field {...field('state')} autoComplete="address-level1" isOptional />
        <Field {...field('country')} autoComplete="country-name" />
      </div>
      <PhoneField {...field('phone')} />
    </>
  )
}
