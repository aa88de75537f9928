import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CallError } from '../src/index.js'
import { Frontend, shown, untilShown } from './support/page.js'
import { chromium as executablePath } from './support/paths.js'
import { address, Person } from './support/person.js'
import { Server } from './support/server.js'
import { sleep } from './support/wait.js'

let frontend: Frontend
let foreign: Frontend
let server: Server
let chrome: Browser
let contexts: BrowserContext[] = []
let complaints: string[] = []
let person: Person

beforeAll(async () => {
  frontend = await Frontend.start()
  foreign = await Frontend.start()
  server = await Server.start({
    MARBELLE_ALLOWED_ORIGINS: `${frontend.origin},http://localhost:${frontend.port}`,
    MARBELLE_LIFETIMES__ACCESS_TOKEN: '3s',
  })
  chrome = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
})
afterAll(async () => {
  await chrome?.close()
  await server.end()
  await Promise.all([frontend.end(), foreign.end()])
})
beforeEach(async () => {
  complaints = []
  person = await Person.register(server)
})
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
})

async function device(): Promise<BrowserContext> {
  const context = await chrome.newContext()
  contexts.push(context)
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return context
}

function open(context: BrowserContext, credentials: 'cookie' | 'bearer' = 'cookie'): Promise<Page> {
  return frontend.open(context, server.url, credentials)
}

async function signIn(page: Page): Promise<void> {
  await page.evaluate((params) => accounts.signIn(params), { email: person.email, password: person.password })
  await untilShown(page, ({ connection, account }) => connection.status === 'live' && account !== null)
}

it('two tabs here and one there see each edit, and each sign-out with its reason', async () => {
  const here = await device()
  const [a, b, c] = [await open(here), await open(here), await open(await device())]
  await untilShown(b, ({ connection }) => connection.status === 'signed_out')
  await signIn(a)
  await untilShown(b, ({ connection, account }) => connection.status === 'live' && account !== null)
  await signIn(c)
  await untilShown(b, ({ account }) => account!.sessions.length === 2)

  await a.evaluate(() => accounts.editProfile(accounts.getSnapshot().account!.profile, { first_name: 'Anna' }))
  for (const tab of [a, b, c]) await untilShown(tab, ({ account }) => account!.profile.first_name === 'Anna')

  for (const label of ['Home', 'Work']) await a.evaluate((params) => accounts.call('addresses.create', params), address(label))
  for (const tab of [b, c]) await untilShown(tab, ({ account }) => account!.addresses.length === 2)
  const [, work] = (await shown(b)).account!.addresses
  await Promise.all([
    b.evaluate((address_id) => accounts.call('addresses.set_primary', { address_id }), work!.id),
    c.evaluate((address_id) => accounts.call('addresses.update', { address_id, city: 'Munich' }), work!.id),
  ])
  for (const tab of [a, b, c]) {
    await untilShown(tab, ({ account }) => account!.addresses[0]!.label === 'Work' && account!.addresses[0]!.city === 'Munich')
    expect((await shown(tab)).account!.addresses.map(({ is_primary }) => is_primary)).toEqual([true, false])
  }

  await a.evaluate(() => accounts.signOut('local'))
  await untilShown(b, ({ connection }) => connection.status === 'signed_out')
  expect(await shown(b)).toEqual({ connection: { status: 'signed_out', reason: 'logout' }, account: null })
  await untilShown(c, ({ account }) => account!.sessions.length === 1)
  const sessionCookies = (await here.cookies()).filter(({ name }) => name.startsWith('marbelle_session'))
  expect(sessionCookies, 'the cookie of the known device stays').toEqual([])
  await signIn(b)
  await untilShown(a, ({ connection }) => connection.status === 'live')
  await a.evaluate(() => accounts.signOut())
  await untilShown(c, ({ connection }) => connection.status === 'signed_out' && connection.reason === 'logout')
  expect(complaints).toEqual([])
})

it('five tabs share a refresh, and none is signed out', async () => {
  const context = await device()
  const tabs = [await open(context, 'bearer')]
  await signIn(tabs[0]!)
  while (tabs.length < 5) tabs.push(await open(context, 'bearer'))
  for (const tab of tabs) await untilShown(tab, ({ account }) => account !== null)
  await Promise.all(tabs.map((tab) => tab.evaluate(() => accounts.stop())))
  await sleep(4_200)
  let refreshes = 0
  context.on('request', (request) => {
    if (request.postData()?.includes('auth.refresh')) refreshes++
  })
  const names = await Promise.all(tabs.map((tab) => tab.evaluate(() => accounts.call('profile.get').then(({ first_name }) => first_name))))
  expect(names).toEqual(Array(5).fill('Ann'))
  // One, unless the machine is so busy that the new token expires before the last tab has used it.
  expect(refreshes).toBeGreaterThan(0)
  expect(refreshes).toBeLessThan(5)
  expect(complaints).toEqual([])
})

it('a tab goes on after its network, and its server, were gone', async () => {
  const here = await device()
  const [a, c] = [await open(here), await open(await device())]
  await signIn(a)
  await signIn(c)
  await here.setOffline(true)
  for (let turn = 1; turn <= 10; turn++) {
    await c.evaluate((last_name) => accounts.call('profile.update', { last_name }), `Lee ${turn}`)
  }
  await here.setOffline(false)
  await untilShown(a, ({ account }) => account!.profile.last_name === 'Lee 10')
  await server.kill()
  await untilShown(a, ({ connection }) => connection.status === 'offline')
  expect((await shown(a)).account!.profile.last_name).toBe('Lee 10')
  await server.restart()
  for (const tab of [a, c]) await untilShown(tab, ({ connection }) => connection.status === 'live')
  await c.evaluate(() => accounts.call('profile.update', { last_name: 'Sea' }))
  await untilShown(a, ({ account }) => account!.profile.last_name === 'Sea')
  expect((await shown(a)).account).toMatchObject(await a.evaluate(async () => {
    const { sessions: _, ...account } = await accounts.call('account.get')
    return account
  }))
})

describe('a page of an origin that is not listed', () => {
  it.each(['cookie', 'bearer'] as const)('is told so, and what to set, with %s credentials', async (credentials) => {
    const context = await device()
    await signIn(await open(context))
    const page = await foreign.open(context, server.url, credentials)
    await page.evaluate((params) => accounts.signIn(params).catch(() => {}), {
      email: person.email,
      password: person.password,
    })
    const { kind, data, message } = await page.evaluate(async () => {
      const answer = await accounts.try('rpc.discover')
      if (answer.ok) throw new Error('it was answered')
      const { kind, data, message } = answer.error
      return { kind, data, message }
    })
    expect({ kind, data }).toEqual({
      kind: 'origin_refused',
      data: { origin: foreign.origin, server: server.origin },
    })
    expect(message).toContain(`add ${foreign.origin} to MARBELLE_ALLOWED_ORIGINS`)
    expect((await shown(page)).account).toBeNull()
  })

  it('is told in the state, where it carries the cookie', async () => {
    const context = await device()
    await signIn(await open(context))
    const page = await foreign.open(context, server.url, 'cookie')
    await untilShown(page, ({ connection }) => connection.status === 'offline' && connection.error.kind === 'origin_refused')
  })

  it('is not blamed where no server answers', async () => {
    const page = await foreign.open(await device(), 'http://127.0.0.1:1/rpc', 'cookie')
    await untilShown(page, ({ connection }) => connection.status === 'offline' && connection.error.kind === 'no_answer')
  })
})

it('a page whose browser does not keep the cookie is told so when it signs in', async () => {
  // Allowed, but of another site than the server's address.
  const page = await frontend.open(await device(), server.url, 'cookie', `http://localhost:${frontend.port}`)
  await untilShown(page, ({ connection }) => connection.status === 'signed_out')
  const { kind, message } = await page.evaluate(async (params) => {
    const error = await accounts.signIn(params).then(
      () => new Error('it was taken'),
      (error: unknown) => error as CallError,
    )
    return { kind: 'kind' in error ? error.kind : null, message: error.message }
  }, { email: person.email, password: person.password })
  expect(kind).toBe('cookie_refused')
  expect(message).toContain(`the cookie of ${server.origin} for a page of http://localhost:${frontend.port}`)
  expect((await shown(page)).connection.status).toBe('signed_out')
})
