import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccountsClient } from '../src/index.js'
import { Browser } from './support/browser.js'
import { type Claims, claimsOf } from './support/backend.js'
import { Person } from './support/person.js'
import { Refusal, Scripted } from './support/scripted.js'
import { Server } from './support/server.js'
import { eventually, sleep, until, untilStatus } from './support/wait.js'

let server: Server
let person: Person
beforeAll(async () => {
  server = await Server.start({ MARBELLE_TOKEN_BACKENDS: 'orders,search', MARBELLE_LIFETIMES__ACCESS_TOKEN: '10s' })
})
afterAll(async () => {
  person?.leave()
  await server.end()
})

const claims = (token: string): Promise<Claims> => claimsOf(server.origin, token)

/** The session that a tab shows. */
function sessionOf(tab: AccountsClient): string {
  return tab.getSnapshot().account!.sessions.find(({ current }) => current)!.id
}

describe.each(['bearer', 'cookie'] as const)('a token for another backend, with %s credentials', (credentials) => {
  async function tabs(count: number): Promise<{ browser: Browser; tabs: AccountsClient[] }> {
    person?.leave()
    person = await Person.register(server)
    const { browser, tab } = await person.browser(credentials)
    const all = [tab]
    while (all.length < count) all.push(browser.tab({ credentials }))
    await Promise.all(all.map((one) => until(one, ({ account }) => account !== null)))
    return { browser, tabs: all }
  }

  it('is of the session, for that audience, and one for all callers and tabs', async () => {
    const { tabs: all } = await tabs(3)
    const tokens = await Promise.all(all.flatMap((tab) => [tab.accessToken('orders'), tab.accessToken('orders')]))
    expect(new Set(tokens).size).toBe(1)
    expect(await claims(tokens[0]!)).toMatchObject({ aud: 'orders', sid: sessionOf(all[0]!) })
    expect(await all[1]!.accessToken('orders')).toBe(tokens[0])
    const [other, same] = await Promise.all([all[0]!.accessToken('search'), all[1]!.accessToken('search')])
    expect(await claims(other)).toMatchObject({ aud: 'search' })
    expect(same).toBe(other)
  })

  it('is asked for again when it is nearly over, before it is', async () => {
    const { tabs: all } = await tabs(2)
    const first = await all[0]!.accessToken('orders')
    const { iat, exp } = await claims(first)
    await sleep((exp - iat) * 1000 * 0.8 + 100)
    const next = await Promise.all(all.map((tab) => tab.accessToken('orders')))
    expect(next[0]).not.toBe(first)
    expect(next[1]).toBe(next[0])
    expect((await claims(next[0]!)).exp).toBeGreaterThan(exp)
  })

  it('is forgotten at a sign-out in another tab', async () => {
    const { tabs: all } = await tabs(2)
    const first = await all[0]!.accessToken('orders')
    await all[1]!.signOut()
    await untilStatus(all[0]!, 'signed_out')
    await expect(all[0]!.accessToken('orders')).rejects.toMatchObject({ kind: 'unauthenticated' })
    await person.signIn(all[0]!)
    const next = await all[0]!.accessToken('orders')
    expect((await claims(next)).sid).not.toBe((await claims(first)).sid)
  })

  it('is forgotten when the session is ended on another device', async () => {
    const { tabs: all } = await tabs(1)
    await all[0]!.accessToken('orders')
    const { tab: other } = await person.browser()
    await other.call('session.revoke', { session_id: sessionOf(all[0]!) })
    await untilStatus(all[0]!, 'signed_out')
    // The browser keeps the cookie, of which the server knows what became.
    const kind = credentials === 'cookie' ? 'session_ended' : 'unauthenticated'
    await expect(all[0]!.accessToken('orders')).rejects.toMatchObject({ kind })
  })

  it('is of the session’s newer version, in every tab, after a change of the password', async () => {
    const { tabs: all } = await tabs(3)
    const first = await all[0]!.accessToken('orders')
    for (const tab of all) expect(await tab.accessToken('orders')).toBe(first)
    const password = 'another walk by the sea'
    await all[1]!.call('auth.change_password', { current_password: person.password, new_password: password })
    const { ver } = await claims(await all[1]!.accessToken('orders'))
    expect(ver).toBe((await claims(first)).ver + 1)
    // Once its connection was closed, which is when it hears of it.
    await eventually(async () => {
      for (const tab of all) expect((await claims(await tab.accessToken('orders'))).ver).toBe(ver)
    })
    for (const tab of all) expect(tab.getSnapshot().connection.status).toBe('live')
  })

  it('that was refused is not handed out again, and its successor is one for all', async () => {
    const { tabs: all } = await tabs(2)
    const refused = await all[0]!.accessToken('orders')
    expect(await all[1]!.accessToken('orders')).toBe(refused)
    const next = await Promise.all(all.map((tab) => tab.accessToken('orders', { insteadOf: refused })))
    expect(next[0]).not.toBe(refused)
    expect(next[1]).toBe(next[0])
    for (const tab of all) expect(await tab.accessToken('orders')).toBe(next[0])
  })

  it('is handed out while the connection is lost, and asked for anew when it is back', async () => {
    const { browser, tabs: all } = await tabs(1)
    const first = await all[0]!.accessToken('orders')
    browser.cut()
    await untilStatus(all[0]!, 'offline')
    expect(await all[0]!.accessToken('orders')).toBe(first)
    await untilStatus(all[0]!, 'live')
    expect(await all[0]!.accessToken('orders')).not.toBe(first)
  })

  it('is asked for each time where the account is not followed', async () => {
    const { browser, tabs: all } = await tabs(2)
    const deaf = browser.tab({ credentials })
    deaf.stop()
    const kept = await all[0]!.accessToken('orders')
    const tokens = [await deaf.accessToken('orders'), await deaf.accessToken('orders'), kept]
    expect(new Set(tokens).size).toBe(3)
  })

  it('for an audience that there is none for is refused, to every caller', async () => {
    const { tabs: all } = await tabs(1)
    const refused = await Promise.allSettled([all[0]!.accessToken('nobody'), all[0]!.accessToken('nobody')])
    for (const one of refused) {
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { kind: 'invalid_params', data: { fields: { audience: [{ rule: 'not_allowed' }] } } },
      })
    }
  })
})

it('nobody who is not signed in has one', async () => {
  const stranger = new AccountsClient({ url: server.url })
  await expect(stranger.accessToken('orders')).rejects.toMatchObject({
    kind: 'unauthenticated',
    data: { reason: 'missing' },
  })
})

describe('a token that was asked for', () => {
  let scripted: Scripted
  let browser: Browser
  let tab: AccountsClient
  const token = (version: number): object => {
    const now = Math.floor(Date.now() / 1000)
    const payload = { sid: 'session', ver: version, iat: now, exp: now + 600, jti: String(Math.random()) }
    return { access_token: `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`, access_expires_at: '' }
  }
  const versionOf = (jwt: string): number =>
    (JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as { ver: number }).ver

  async function signedIn(): Promise<void> {
    scripted = await Scripted.start()
    browser = new Browser(scripted.url)
    tab = browser.tab({ credentials: 'bearer' })
    await untilStatus(tab, 'signed_out')
    await tab.signIn({ email: 'ann@example.org', password: 'a long walk by the sea' })
    await until(tab, ({ account }) => account !== null)
  }

  async function leave(): Promise<void> {
    browser.close()
    await scripted.end()
  }

  it('before a change of the password, and comes after it, is asked for again', async () => {
    await signedIn()
    let answerFirst = (): void => {}
    scripted.answers['session.access_token'] = async () => {
      const answer = token(scripted.version)
      if (scripted.version === 1) await new Promise<void>((resolve) => (answerFirst = resolve))
      return answer
    }
    scripted.answers['auth.change_password'] = (_, caller) => {
      scripted.version += 1
      caller.version = scripted.version
      return { sessions_ended: 0, tokens: scripted.tokens() }
    }
    const asked = tab.accessToken('orders')
    await eventually(() => expect(scripted.countOf('session.access_token')).toBe(1))
    await tab.call('auth.change_password', { current_password: 'a long walk by the sea', new_password: 'another walk by the sea' })
    answerFirst()
    expect(versionOf(await asked)).toBe(2)
    expect(await tab.accessToken('orders')).toBe(await asked)
    expect(scripted.countOf('session.access_token')).toBe(2)
    await leave()
  })

  it('and refused is asked for again by the next caller', async () => {
    await signedIn()
    scripted.answers['session.access_token'] = () => {
      throw new Refusal('rate_limited', { retry_after_ms: 1 })
    }
    await expect(tab.accessToken('orders')).rejects.toMatchObject({ kind: 'rate_limited' })
    scripted.answers['session.access_token'] = () => token(1)
    expect(versionOf(await tab.accessToken('orders'))).toBe(1)
    await leave()
  })
})
