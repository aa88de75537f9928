import { afterAll, beforeAll, expect, it } from 'vitest'
import type { State } from '../src/index.js'
import { address, Person } from './support/person.js'
import { Server } from './support/server.js'
import { until } from './support/wait.js'
import { expectToAgree } from './support/agree.js'

let server: Server
let person: Person
beforeAll(async () => {
  server = await Server.start()
  person = await Person.register(server)
})
afterAll(async () => {
  person.leave()
  await server.end()
})

it('an edit is shown at once, and stays when it is saved', async () => {
  const { tab } = await person.browser()
  const names: string[] = []
  const end = tab.subscribe(() => names.push(tab.getSnapshot().account!.profile.first_name))
  const base = tab.getSnapshot().account!.profile
  const edit = tab.editProfile(base, { first_name: 'Anna', company_name: 'Sea GmbH' })
  expect(tab.getSnapshot().account!.profile).toMatchObject({ first_name: 'Anna', is_business_customer: true })
  const edited = await edit
  expect(edited).toMatchObject({ outcome: 'saved', value: { first_name: 'Anna', is_business_customer: true } })
  await expectToAgree(tab)
  expect(new Set(names)).toEqual(new Set(['Anna']))
  end()
})

it('an edit that is refused is taken back', async () => {
  const { tab } = await person.browser()
  const base = tab.getSnapshot().account!.profile
  await expect(tab.editProfile(base, { phone: 'none' })).rejects.toMatchObject({ kind: 'invalid_params' })
  expect(tab.getSnapshot().account!.profile).toBe(base)
})

it('an edit of what somebody else changed hands over both versions', async () => {
  const { tab } = await person.browser()
  const other = await person.browser()
  const base = await tab.call('addresses.create', address('Home'))
  const theirs = await other.tab.call('addresses.update', { address_id: base.id, city: 'Hamburg' })
  const edited = await tab.editAddress(base, { city: 'Munich' })
  expect(edited).toEqual({ outcome: 'stale', base, mine: { ...base, city: 'Munich' }, theirs })
  await until(tab, ({ account }) => account?.addresses[0]?.city === 'Hamburg')
  const decided = await tab.editAddress(theirs, { city: 'Munich' })
  expect(decided).toMatchObject({ outcome: 'saved', value: { city: 'Munich' } })
})

it('quick edits of one form are not stale by each other, and are by another’s', async () => {
  const { tab } = await person.browser()
  const other = await person.browser()
  const base = tab.getSnapshot().account!.profile
  const quick = [{ first_name: 'A' }, { last_name: 'B' }, { first_name: 'C' }].map((patch) => tab.editProfile(base, patch))
  expect((await Promise.all(quick)).map(({ outcome }) => outcome)).toEqual(['saved', 'saved', 'saved'])
  await other.tab.call('profile.update', { last_name: 'D' })
  expect(await tab.editProfile(base, { last_name: 'E' })).toMatchObject({ outcome: 'stale', theirs: { last_name: 'D' } })
  await expectToAgree(tab, other.tab)
})

it('an edit of the primary never shows two', async () => {
  const { tab } = await person.browser()
  await tab.call('addresses.create', address('Work'))
  await until(tab, ({ account }) => account?.addresses.length === 2)
  const primaries = ({ account }: State) => account!.addresses.filter((one) => one.is_primary).length
  const counts: number[] = []
  const end = tab.subscribe(() => counts.push(primaries(tab.getSnapshot())))
  await tab.editAddress(tab.getSnapshot().account!.addresses[1]!, { is_primary: true })
  await expectToAgree(tab)
  end()
  expect(new Set(counts)).toEqual(new Set([1]))
  expect(tab.getSnapshot().account!.addresses[0]!.label).toBe('Work')
})
