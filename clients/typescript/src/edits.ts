import { type AccountsError, isAccountsError } from './errors.js'
import { pageLocks } from './locks.js'
import type { Params } from './methods.js'
import { type AddressPatch, patchedAddress, patchedProfile, type PendingEdit, type ProfilePatch } from './pending.js'
import type { Address, Profile } from './spec.js'

/** The outcome of an edit. */
export type Edited<T> =
  | { readonly outcome: 'saved'; readonly value: T }
  /** Somebody else was faster: the object when this edit began, as the edit would make it, and at present. */
  | { readonly outcome: 'stale'; readonly base: T; readonly mine: T; readonly theirs: T }

interface Edit<T> {
  readonly addressId: string | null
  readonly base: T
  readonly patch: ProfilePatch | AddressPatch
  readonly mine: T
  readonly send: (expectedRevision: number) => Promise<T>
}

/** The edits of this tab: shown at once, sent one after the other, refused if the object was changed elsewhere first. */
export class Edits {
  pending: readonly PendingEdit[] = []
  /** Own edits, by object: from the revision that they began at to the one that they made. */
  readonly #own = new Map<string, Map<number, number>>()
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  profile(
    base: Profile,
    patch: ProfilePatch,
    update: (params: Params<'profile.update'>) => Promise<Profile>,
  ): Promise<Edited<Profile>> {
    const send = (expected_revision: number) => update({ ...patch, expected_revision })
    return this.#run({ addressId: null, base, patch, mine: patchedProfile(base, patch), send })
  }

  address(
    base: Address,
    patch: AddressPatch,
    update: (params: Params<'addresses.update'>) => Promise<Address>,
  ): Promise<Edited<Address>> {
    const send = (expected_revision: number) => update({ ...patch, address_id: base.id, expected_revision })
    return this.#run({ addressId: base.id, base, patch, mine: patchedAddress(base, patch), send })
  }

  /** Edits up to this revision are in the account itself. */
  reached(revision: number): void {
    if (this.pending.some(({ savedAt }) => savedAt !== null && savedAt <= revision)) {
      this.pending = this.pending.filter(({ savedAt }) => savedAt === null || savedAt > revision)
    }
  }

  clear(): void {
    this.pending = []
    this.#own.clear()
  }

  async #run<T extends { readonly id: string; readonly revision: number }>(edit: Edit<T>): Promise<Edited<T>> {
    const shown: PendingEdit = { addressId: edit.addressId, patch: edit.patch, savedAt: null }
    this.#show([...this.pending, shown])
    try {
      const value = await pageLocks.request(`edit ${edit.base.id}`, () => this.#send(edit))
      shown.savedAt = value.revision
      this.#show([...this.pending])
      return { outcome: 'saved', value }
    } catch (error) {
      this.#show(this.pending.filter((one) => one !== shown))
      if (!isStale(error)) throw error
      return { outcome: 'stale', base: edit.base, mine: edit.mine, theirs: error.data.current as unknown as T }
    }
  }

  async #send<T extends { readonly id: string; readonly revision: number }>(edit: Edit<T>): Promise<T> {
    const { id, revision } = edit.base
    const own = this.#own.get(id) ?? new Map<number, number>()
    this.#own.set(id, own)
    let expected = revision
    for (let next = own.get(expected); next !== undefined; next = own.get(expected)) expected = next
    const value = await edit.send(expected)
    if (value.revision !== expected) own.set(expected, value.revision)
    return value
  }

  #show(pending: readonly PendingEdit[]): void {
    this.pending = pending
    this.#onChange()
  }
}

function isStale(error: unknown): error is AccountsError<'stale_revision'> {
  return isAccountsError(error) && error.kind === 'stale_revision'
}
