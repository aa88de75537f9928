import { type Address, isAccountsError } from '@marbelle/accounts'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { errorText } from '../faults.js'
import { useTexts } from '../language.js'
import { page } from '../page.js'
import { Dialog } from '../parts/dialog.js'
import { useFlash } from '../parts/flash.js'
import { Icon } from '../parts/icons.js'
import { Notice } from '../parts/notice.js'
import { Title } from '../parts/title.js'
import { fullName } from '../text.js'
import { AddressForm } from './address-form.js'
import { NewAddress } from './new-address.js'

/** The edited object: an address as last seen, so that it outlives its deletion elsewhere, or a new one. */
type Editing = { readonly address: Address } | 'new' | null

export function Addresses({ addresses }: { readonly addresses: readonly Address[] }) {
  const texts = useTexts()
  const [editing, setEditing] = useState<Editing>(null)
  const close = () => setEditing(null)
  const edited = editing !== null && editing !== 'new' ? editing.address : null
  const isGone = edited !== null && !addresses.some(({ id }) => id === edited.id)
  const isAdding = editing === 'new' || isGone
  const wasAdding = useRef(false)
  const add = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    // The focused form was removed.
    if (wasAdding.current && !isAdding) add.current?.focus()
    wasAdding.current = isAdding
  }, [isAdding])
  const isFull = addresses.length >= page.maxAddresses
  return (
    <div class="stack">
      <Title>{texts.addresses.title}</Title>
      {addresses.length === 0 && editing !== 'new' && <p>{texts.addresses.none}</p>}
      {addresses.length > 0 && (
        <ul class="list">
          {addresses.map((address) => (
            <li key={address.id}>
              {edited?.id === address.id ? (
                <AddressForm address={address} close={close} onSeen={(seen) => setEditing({ address: seen })} />
              ) : (
                <Card
                  address={address}
                  canDelete={addresses.length > 1}
                  edit={editing === null ? () => setEditing({ address }) : null}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {isGone && <NewAddress gone={edited} close={close} />}
      {editing === 'new' && <NewAddress close={close} />}
      {editing === null &&
        (isFull ? (
          <p class="quiet">{texts.addresses.full(page.maxAddresses)}</p>
        ) : (
          <button ref={add} type="button" class="add" onClick={() => setEditing('new')}>
            <Icon name="plus" /> {texts.addresses.add}
          </button>
        ))}
    </div>
  )
}

interface CardProps {
  readonly address: Address
  readonly canDelete: boolean
  /** Not while another is edited, whose typed values would be lost. */
  readonly edit: (() => void) | null
}

function Card({ address, canDelete, edit }: CardProps) {
  const texts = useTexts()
  const element = useFlash<HTMLElement>(address.revision)
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => setProblem(null), [address])
  const makePrimary = async () => {
    try {
      await write(() => accounts.call('addresses.set_primary', { address_id: address.id }))
    } catch (error) {
      if (!isAccountsError(error)) throw error
      setProblem(errorText(texts, error))
    }
  }
  const name = `address-${address.id}`
  return (
    <article ref={element} class="panel" aria-labelledby={name}>
      <h2 id={name}>
        {address.label}
        {address.is_primary && <span class="badge">{texts.addresses.primary}</span>}
      </h2>
      <p class="postal">{linesOf(address).map((line) => [line, <br />])}</p>
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
      <div class="buttons">
        {edit && (
          <button type="button" onClick={edit} aria-describedby={name}>
            {texts.page.edit}
          </button>
        )}
        {!address.is_primary && (
          <button type="button" onClick={() => void makePrimary()} aria-describedby={name}>
            {texts.addresses.makePrimary}
          </button>
        )}
        {canDelete && (
          <button type="button" onClick={() => setAsking(true)} aria-describedby={name}>
            {texts.addresses.remove}
          </button>
        )}
      </div>
      {isAsking && (
        <Dialog
          title={texts.addresses.removeTitle(address.label)}
          explain={texts.addresses.removeExplain}
          confirm={texts.addresses.remove}
          run={() => write(() => accounts.call('addresses.delete', { address_id: address.id }))}
          onClose={() => setAsking(false)}
        />
      )}
    </article>
  )
}

/** As on an envelope. */
function linesOf(address: Address): string[] {
  const lines = [
    fullName(address),
    address.company,
    address.address_line_1,
    address.address_line_2,
    address.postal_code === null ? address.city : `${address.postal_code} ${address.city}`,
    address.state === address.city ? null : address.state,
    address.country,
    address.phone,
  ]
  return lines.filter((line) => line !== null)
}
