import { type LiveAccount, ordered } from './fold.js'
import type { Address, Locale, Methods, Profile } from './spec.js'

/** An edit is shown before the server answers, so its locale must be one that a profile may have. */
export type ProfilePatch = Omit<Methods['profile.update']['params'], 'expected_revision' | 'locale'> & { locale?: Locale }
export type AddressPatch = Omit<Methods['addresses.update']['params'], 'address_id' | 'expected_revision'>

/** An edit that is shown before the feed has it. */
export interface PendingEdit {
  /** The address, or `null` for the profile. */
  readonly addressId: string | null
  readonly patch: ProfilePatch | AddressPatch
  /** The revision that contains it, once the server has answered. */
  savedAt: number | null
}

/** The account with the pending edits applied. */
export function withPending(account: LiveAccount | null, edits: readonly PendingEdit[]): LiveAccount | null {
  if (account === null) return null
  return edits.reduce(
    (shown, { addressId, patch }) =>
      addressId === null
        ? { ...shown, profile: patchedProfile(shown.profile, patch as ProfilePatch) }
        : { ...shown, addresses: patchedAddresses(shown.addresses, addressId, patch as AddressPatch) },
    account,
  )
}

export function patchedProfile(profile: Profile, patch: ProfilePatch): Profile {
  const patched = { ...profile, ...given(patch) }
  return { ...patched, is_business_customer: patched.company_name !== null }
}

export function patchedAddress(address: Address, patch: AddressPatch): Address {
  return { ...address, ...given(patch) }
}

function patchedAddresses(addresses: readonly Address[], id: string, patch: AddressPatch): Address[] {
  const moved = patch.is_primary === true && addresses.some((address) => address.id === id)
  return ordered(
    addresses.map((address) => {
      if (address.id === id) return patchedAddress(address, patch)
      return moved && address.is_primary ? { ...address, is_primary: false } : address
    }),
  )
}

/** Without the `undefined` fields, which are not sent either. */
function given<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never
}
