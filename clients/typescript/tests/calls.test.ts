import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { AccountsClient, type CallError, isAccountsError, type Profile } from '../src/index.js'
import { SESSION_METHODS } from '../src/spec.js'
import { address, Person } from './support/person.js'
import { Server } from './support/server.js'

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

describe('calls', () => {
  it('go over the WebSocket where it is open, and over HTTP where it is not', async () => {
    const { browser, tab } = await person.browser()
    browser.posted.length = 0
    const profile = await tab.call('profile.get')
    expectTypeOf(profile).toEqualTypeOf<Profile>()
    expect(profile.email).toBe(person.email)
    expect(browser.posted).toEqual([])
    tab.stop()
    expect(await tab.call('profile.get')).toEqual(profile)
    expect(browser.posted).toEqual(['profile.get'])
  })

  it('of every method are known to the server', async () => {
    const document = await new AccountsClient({ url: server.url }).call('rpc.discover')
    const methods = document['methods'] as { name: string; 'x-session': boolean }[]
    const ofSession = methods.filter((method) => method['x-session']).map(({ name }) => name)
    expect(ofSession.sort()).toEqual([...SESSION_METHODS].sort())
  })

  it('answer every field that the types say is there', async () => {
    const { tab } = await person.browser()
    await tab.call('addresses.create', address('Home'))
    const { profile, addresses, sessions } = await tab.call('account.get')
    expect(profile).toMatchObject({ company_name: null, phone: null, pending_email: null })
    expect(addresses[0]).toMatchObject({ company: null, address_line_2: null, phone: null })
    expect(sessions[0]).toHaveProperty('device_name', null)
    const { events } = await tab.call('account.changes', { since: 0 })
    expect(events.length).toBeGreaterThan(0)
    for (const event of events) expect(event).toHaveProperty('session_id')
  })

  it('that wait for a change may take longer than others', async () => {
    const { browser } = await person.browser()
    const patient = browser.tab({ timeoutMs: 1_000 })
    const { revision } = await patient.call('account.get')
    const changes = await patient.call('account.changes', { since: revision, wait_ms: 1_500 })
    expect(changes.events).toEqual([])
  })
})

describe('errors', () => {
  it('narrow their data by their kind', async () => {
    const { tab } = await person.browser()
    const answer = await tab.try('profile.update', { first_name: '', phone: 'none' })
    if (answer.ok || answer.error.kind !== 'invalid_params') throw new Error('it was not refused')
    expectTypeOf(answer.error).toEqualTypeOf<CallError<'invalid_params'>>()
    expect(Object.keys(answer.error.data.fields).sort()).toEqual(['first_name', 'phone'])
    expect(answer.error.code).toBe(-32602)
  })

  it('of a method are the ones that it may have', async () => {
    const answer = await new AccountsClient({ url: server.url }).try('auth.login', { email: person.email, password: 'wrong' })
    if (answer.ok) throw new Error('it was not refused')
    expectTypeOf(answer.error.kind).extract<'stale_revision'>().toBeNever()
    expect(answer.error.kind).toBe('invalid_credentials')
  })

  it('are the same over HTTP and WebSocket', async () => {
    const { tab } = await person.browser()
    const refused = () => tab.call('addresses.get', { address_id: randomUUID() }).catch((error) => ({ ...error }))
    const overSocket = await refused()
    tab.stop()
    expect(await refused()).toEqual(overSocket)
    expect(overSocket).toMatchObject({ kind: 'not_found', code: 4040 })
  })

  it('of an unknown method are no kind of the contract', async () => {
    const { tab } = await person.browser()
    const error = await tab.call('profile.none' as 'profile.get').catch((error: unknown) => error)
    expect(isAccountsError(error) && error.kind).toBe('protocol')
    expect(isAccountsError(error) && error.code).toBe(-32601)
  })

  it('tell that no server answers', async () => {
    const answer = await new AccountsClient({ url: 'http://127.0.0.1:1/rpc' }).try('rpc.discover')
    expect(!answer.ok && answer.error.kind).toBe('no_answer')
  })
})
