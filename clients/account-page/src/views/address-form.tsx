import type { Address, AddressPatch } from '@marbelle/accounts'
import { useEffect } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useDraft } from '../draft.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Elsewhere } from '../parts/elsewhere.js'
import { FormFrame } from '../parts/form-frame.js'
import { Found } from '../parts/found.js'
import { Notice } from '../parts/notice.js'
import { ADDRESS_FIELDS, AddressFields, type AddressField, missingFields, OPTIONAL_FIELDS } from './address-fields.js'

interface AddressFormProps {
  /** Its present state. */
  readonly address: Address
  readonly close: () => void
  /** Notified of each state of the form, so that it outlives the address. */
  readonly onSeen: (seen: Address) => void
}

/** Edits an address that others may edit too. */
export function AddressForm({ address, close, onSeen }: AddressFormProps) {
  const texts = useTexts()
  const draft = useDraft<AddressField, Address>(address, ADDRESS_FIELDS, OPTIONAL_FIELDS)
  const form = useForm({
    fields: ADDRESS_FIELDS,
    missing: () => missingFields(draft.value),
    async send() {
      if (draft.isDirty) {
        const save = draft.saving()
        const edited = await write(() => accounts.editAddress(draft.base, draft.patch as AddressPatch))
        if (edited.outcome === 'stale') return draft.refused(edited.theirs)
        if (save(edited.value)) return
      }
      close()
    },
  })
  const cancel = () => {
    draft.drop()
    close()
  }
  const seen = JSON.stringify({ ...draft.base, ...draft.patch })
  useEffect(() => onSeen(JSON.parse(seen) as Address), [seen])
  return (
    <section class="panel">
      <h2>{texts.addresses.editTitle(address.label)}</h2>
      <FormFrame
        form={form}
        submit={texts.page.save}
        label={texts.addresses.editTitle(address.label)}
        onCancel={[texts.page.cancel, cancel]}
      >
        <Found draft={draft} />
        {draft.isRefused && <Notice kind="bad">{texts.errors.stale_revision}</Notice>}
        <AddressFields
          form={form}
          value={draft.value}
          set={draft.set}
          aside={(field) => <Elsewhere draft={draft} field={field} />}
        />
      </FormFrame>
    </section>
  )
}
