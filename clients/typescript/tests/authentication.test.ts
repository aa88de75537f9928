import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountsClient, Factor, Passkey } from '../src/index.js'
import { Authenticator } from './support/authenticator.js'
import { Frontend, shown, untilShown } from './support/page.js'
import { chromium as executablePath } from './support/paths.js'
import { Person } from './support/person.js'
import { Server } from './support/server.js'
import { AuthenticatorApp } from './support/totp.js'
import { until, untilStatus } from './support/wait.js'

let frontend: Frontend
let server: Server
let person: Person

beforeAll(async () => {
  frontend = await Frontend.start()
  server = await Server.start()
})
beforeEach(async () => {
  person = await Person.register(server)
})
afterEach(() => person.leave())
afterAll(async () => {
  await server.end()
  await frontend.end()
})

async function turnOnSecondFactor(tab: AccountsClient): Promise<{ app: AuthenticatorApp; codes: string[] }> {
  const { setup, secret } = await tab.call('totp.begin')
  const app = new AuthenticatorApp(secret)
  const { recovery_codes: codes } = await tab.call('totp.enable', { setup, code: app.code() })
  return { app, codes }
}

describe.each(['bearer', 'cookie'] as const)('a second factor, with %s credentials', (credentials) => {
  it('is asked for by the sign-in, and opens the session in every tab', async () => {
    const { browser, tab } = await person.browser(credentials)
    const other = browser.tab({ credentials })
    const { app, codes } = await turnOnSecondFactor(tab)
    for (const one of [tab, other]) {
      const { account } = await until(one, ({ account }) => account?.sign_in_methods.totp === true)
      expect(account!.sign_in_methods.recovery_codes_left).toBe(codes.length)
    }
    const { email, password } = person
    for (const factor of [{ totp: app.code() }, { recovery_code: codes[0]! }]) {
      await tab.signOut('local')
      for (const one of [tab, other]) await untilStatus(one, 'signed_out')
      const outcome = await tab.signIn({ email, password })
      if (outcome.outcome !== 'second_factor_required') throw new Error('it was not asked for')
      expect(outcome.secondFactor.factors).toEqual(['totp', 'recovery_code'])
      expect(tab.getSnapshot().connection.status).toBe('signed_out')
      await expect(outcome.secondFactor.complete({ totp: '000000' })).rejects.toMatchObject({ kind: 'invalid_credentials' })
      await expect(outcome.secondFactor.complete('passkey')).rejects.toMatchObject({ kind: 'not_found' })
      expect(await outcome.secondFactor.complete(factor)).toMatchObject({ profile: { email } })
      for (const one of [tab, other]) await until(one, ({ account }) => account !== null)
    }
  })

  it('proves the session, and nothing weaker does', async () => {
    const { tab } = await person.browser(credentials)
    expect(await tab.prove({ password: person.password })).toHaveProperty('proven_at')
    const { app } = await turnOnSecondFactor(tab)
    await expect(tab.prove({ password: person.password })).rejects.toMatchObject({
      kind: 'proof_required',
      data: { methods: ['totp', 'recovery_code'] },
    })
    expect(await tab.prove({ totp: app.code() })).toHaveProperty('proven_at')
  })
})

it('says that there are no passkeys where there is no browser', async () => {
  const { tab } = await person.browser()
  await expect(tab.signInWithPasskey()).rejects.toMatchObject({ kind: 'no_passkey', data: { reason: 'unsupported' } })
  expect(await tab.signInWithPasskey({ autofill: true })).toBeNull()
})

describe('a passkey', () => {
  let chrome: Browser
  let contexts: BrowserContext[] = []
  beforeAll(async () => {
    chrome = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] })
  })
  afterAll(() => chrome?.close())
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
  })

  /** A tab on a device of its own, with a passkey that was made there or brought there. */
  async function device(credentials: 'cookie' | 'bearer' = 'cookie'): Promise<{ page: Page; authenticator: Authenticator }> {
    const context = await chrome.newContext()
    contexts.push(context)
    const page = await frontend.open(context, `${server.page}/rpc`, credentials, `http://localhost:${frontend.port}`)
    return { page, authenticator: await Authenticator.of(page) }
  }

  async function signIn(page: Page): Promise<void> {
    const { email, password } = person
    await page.evaluate((params) => accounts.signIn(params), { email, password })
    await untilShown(page, ({ account }) => account !== null)
  }

  const register = (page: Page, name: string): Promise<Passkey> =>
    page.evaluate((name) => accounts.registerPasskey({ name }), name)

  const signInWithPasskey = (page: Page, autofill: boolean) =>
    page.evaluate(async (autofill) => (await accounts.signInWithPasskey({ autofill, device_name: 'Phone' }))?.session.methods, autofill)

  /** What is refused, by its kind and data. */
  const refused = (page: Page, call: () => Promise<unknown>) =>
    page.evaluate(`(${call.toString()})().then(() => null, ({ kind, data }) => ({ kind, data }))`)

  it.each(['cookie', 'bearer'] as const)('signs in by dialog and by autofill, with %s credentials', async (credentials) => {
    const { page } = await device(credentials)
    await signIn(page)
    const { id } = await register(page, 'Laptop')
    await untilShown(page, ({ account }) => account!.sign_in_methods.passkeys.length === 1)
    for (const autofill of [false, true]) {
      await page.evaluate(() => accounts.signOut('local'))
      expect(await signInWithPasskey(page, autofill)).toEqual(['passkey'])
      await untilShown(page, ({ account }) => account !== null)
    }
    await page.evaluate(() => accounts.readSignInMethods())
    const { passkeys } = (await shown(page)).account!.sign_in_methods
    expect(passkeys).toMatchObject([{ id, name: 'Laptop', last_used_at: expect.any(String) }])
    // The value that was read stays when the feed reports the passkey again.
    await page.evaluate((passkey_id) => accounts.call('passkeys.rename', { passkey_id, name: 'Old laptop' }), id)
    await untilShown(page, ({ account }) => account!.sign_in_methods.passkeys[0]!.name === 'Old laptop')
    expect((await shown(page)).account!.sign_in_methods.passkeys[0]!.last_used_at).toBe(passkeys[0]!.last_used_at)
  })

  it('is the second factor and proves the session', async () => {
    const { page } = await device()
    await signIn(page)
    await register(page, 'Laptop')
    const { setup, secret } = await page.evaluate(() => accounts.call('totp.begin'))
    const code = new AuthenticatorApp(secret).code()
    await page.evaluate((params) => accounts.call('totp.enable', params), { setup, code })
    expect(await page.evaluate(() => accounts.prove('passkey'))).toHaveProperty('proven_at')
    await page.evaluate(() => accounts.signOut('local'))
    const { email, password } = person
    const methods = await page.evaluate(async (params) => {
      const outcome = await accounts.signIn(params)
      if (outcome.outcome !== 'second_factor_required') throw new Error('it was not asked for')
      const factor: Factor = 'passkey'
      return (await outcome.secondFactor.complete(factor)).session.methods
    }, { email, password })
    expect(methods).toEqual(['password', 'passkey'])
  })

  it('is offered again after a dialog that was refused, and until the page is left', async () => {
    const { page, authenticator } = await device()
    await signIn(page)
    await register(page, 'Laptop')
    await page.evaluate(() => accounts.signOut('local'))
    await authenticator.setPresent(false)
    const begun = () => page.waitForResponse((response) => response.request().postData()?.includes('begin_passkey_login') ?? false)
    const first = begun()
    await page.evaluate(() => {
      const leave = new AbortController()
      const offer = accounts.signInWithPasskey({ autofill: true, signal: leave.signal })
      Object.assign(globalThis, { leave, offer })
    })
    await first
    // A dialog replaces the offer; without a recognised user there is no result.
    await authenticator.setVerified(false)
    await authenticator.setPresent(true)
    const dialog = await refused(page, () => accounts.signInWithPasskey())
    expect(dialog).toEqual({ kind: 'no_passkey', data: { reason: 'cancelled' } })
    await page.evaluate(() => (globalThis as unknown as { leave: AbortController }).leave.abort())
    expect(await page.evaluate(() => (globalThis as unknown as { offer: Promise<unknown> }).offer)).toBeNull()
    expect((await shown(page)).connection.status).toBe('signed_out')
    // The next offer is taken.
    await authenticator.setVerified(true)
    expect(await signInWithPasskey(page, true)).toEqual(['passkey'])
  })

  it('is not made twice by one authenticator, and none is made for who cannot be verified', async () => {
    const { page, authenticator } = await device()
    await signIn(page)
    await register(page, 'Laptop')
    const again = () => refused(page, () => accounts.registerPasskey())
    expect(await again()).toEqual({ kind: 'no_passkey', data: { reason: 'exists' } })
    expect(await authenticator.passkeys()).toHaveLength(1)
    const { page: other, authenticator: unsure } = await device()
    await signIn(other)
    await unsure.setVerified(false)
    const refusal = await refused(other, () => accounts.registerPasskey())
    expect(refusal).toEqual({ kind: 'no_passkey', data: { reason: 'cancelled' } })
  })

  it('that is deleted on one device is gone on the other at once, and signs nobody in', async () => {
    const here = await device()
    const there = await device()
    await signIn(here.page)
    const { id } = await register(here.page, 'Shared')
    await there.authenticator.copy(here.authenticator)
    expect(await signInWithPasskey(there.page, true)).toEqual(['passkey'])
    await untilShown(there.page, ({ account }) => account?.sign_in_methods.passkeys.length === 1)
    await here.page.evaluate((passkey_id) => accounts.call('passkeys.delete', { passkey_id }), id)
    await untilShown(there.page, ({ account }) => account!.sign_in_methods.passkeys.length === 0)
    await there.page.evaluate(() => accounts.signOut('local'))
    const refusal = await refused(there.page, () => accounts.signInWithPasskey())
    expect(refusal).toEqual({ kind: 'invalid_credentials', data: {} })
  })
})
