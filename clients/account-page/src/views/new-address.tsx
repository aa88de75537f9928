import type { Address } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts, useAccounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { FormFrame } from '../parts/form-frame.js'
import { Notice } from '../parts/notice.js'
import { ADDRESS_FIELDS, AddressFields, type AddressField, missingFields } from './address-fields.js'

type Values = Record<AddressField, string>

interface NewAddressProps {
  /** The typed values of an address that was deleted elsewhere in the meantime. */
  readonly gone?: Address
  readonly close: () => void
}

export function NewAddress({ gone, close }: NewAddressProps) {
  const texts = useTexts()
  const profile = useAccounts(({ account }) => account?.profile)
  const [values, setValues] = useState<Values>(() => {
    const known: Partial<Address> = gone ?? { first_name: profile?.first_name ?? '', last_name: profile?.last_name ?? '' }
    return Object.fromEntries(ADDRESS_FIELDS.map((field) => [field, known[field] ?? ''])) as Values
  })
  const [isPrimary, setPrimary] = useState(false)
  const form = useForm({
    fields: ADDRESS_FIELDS,
    missing: () => missingFields((field) => values[field]),
    async send() {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) as Values
      await write(() => accounts.call('addresses.create', { ...given, is_primary: isPrimary }))
      close()
    },
  })
  useEffect(() => {
    if (gone === undefined) form.element.current?.querySelector('input')?.focus()
  }, [])
  const title = gone ? texts.addresses.saveAsNew : texts.addresses.add
  return (
    <section class="panel">
      <h2>{title}</h2>
      {gone && <Notice kind="bad">{texts.addresses.goneWhileEditing}</Notice>}
      <FormFrame
        form={form}
        submit={gone ? texts.addresses.saveAsNew : texts.page.save}
        label={title}
        onCancel={[texts.page.cancel, close]}
      >
        <AddressFields
          form={form}
          value={(field) => values[field]}
          set={(field, value) => setValues((present) => ({ ...present, [field]: value }))}
        />
        <label class="check">
          <input type="checkbox" checked={isPrimary} onChange={(event) => setPrimary(event.currentTarget.checked)} />
          {texts.fields.is_primary}
        </label>
      </FormFrame>
    </section>
  )
}
