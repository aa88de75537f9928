import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccountsClient } from '../src/index.js'
import type { Locks } from '../src/locks.js'
import { Browser } from './support/browser.js'
import { Refusal, Scripted } from './support/scripted.js'
import { eventually, sleep, until, untilStatus } from './support/wait.js'

let server: Scripted
let browser: Browser
beforeEach(async () => {
  server = await Scripted.start()
  browser = new Browser(server.url)
})
afterEach(async () => {
  browser.close()
  await server.end()
})

const unlocked: Locks = { request: (_name, task) => task() }
const PASSWORDS = { current_password: 'a long walk by the sea', new_password: 'another walk by the sea' }

/** What a tab shows from now on. */
function watched(tab: AccountsClient): string[] {
  const shown: string[] = []
  tab.subscribe(() => shown.push(`${tab.getSnapshot().connection.status} ${tab.getSnapshot().account !== null}`))
  return shown
}

async function signedIn(credentials: 'bearer' | 'cookie', locks: Locks | undefined, count: number) {
  const options = { credentials, ...(locks && { locks }) }
  const tabs = Array.from({ length: count }, () => browser.tab(options))
  await Promise.all(tabs.map((tab) => untilStatus(tab, 'signed_out')))
  await tabs[0]!.signIn({ email: 'ann@example.org', password: PASSWORDS.current_password })
  await Promise.all(tabs.map((tab) => until(tab, ({ account, connection }) => account !== null && connection.status === 'live')))
  return tabs
}

/** The change is committed, and the sockets are closed, long before its answer arrives. */
function changeSlowly(ms: number): void {
  server.answers['auth.change_password'] = async (_, caller) => {
    if (caller.version !== server.version) throw new Refusal('unauthenticated', { reason: 'renewed' })
    server.version += 1
    caller.version = server.version
    server.close(4402, '', caller.socket)
    await sleep(ms)
    caller.setsCookie = caller.socket === null
    return { sessions_ended: 0, tokens: caller.socket === null ? null : server.tokens() }
  }
}

describe.each(['bearer', 'cookie'] as const)('a change of the password, with %s credentials', (credentials) => {
  it.each([
    ['shares locks', undefined, 400],
    ['has no locks', unlocked, 150],
  ])('leaves every tab of a browser that %s signed in, and shows nothing of it', async (_, locks, ms) => {
    const tabs = await signedIn(credentials, locks, 3)
    changeSlowly(ms)
    const shown = tabs.map(watched)
    await tabs[0]!.call('auth.change_password', PASSWORDS)
    await eventually(() => {
      const back = server.calls.slice(server.calls.findIndex(({ method }) => method === 'auth.change_password'))
      const subscribed = back.filter(({ method }) => method === 'account.subscribe').length
      // The socket that the change came by stays.
      expect(subscribed).toBe(credentials === 'bearer' ? 2 : 3)
      expect(server.open).toBe(3)
    })
    await sleep(50)
    for (const tab of tabs) expect(tab.getSnapshot().connection.status).toBe('live')
    for (const one of shown) expect(new Set(one).size, one.join()).toBeLessThanOrEqual(1)
    expect(shown.flat().filter((state) => state !== 'live true')).toEqual([])
    for (const tab of tabs) await tab.call('profile.get')
    expect(server.countOf('auth.refresh')).toBe(0)
  })

  it('is waited for by the call of a tab that has no socket', async () => {
    const [tab] = await signedIn(credentials, undefined, 1)
    const deaf = browser.tab({ credentials })
    deaf.stop()
    changeSlowly(300)
    const change = tab!.call('auth.change_password', PASSWORDS)
    await eventually(() => expect(server.version).toBe(2))
    expect(await deaf.call('profile.get')).toMatchObject({ first_name: 'Ann' })
    await change
  })

  it('whose new credentials nobody has here signs this tab out, and says why', async () => {
    const tabs = await signedIn(credentials, undefined, 2)
    server.version += 1
    server.close(4402)
    for (const tab of tabs) {
      const { connection, account } = await untilStatus(tab, 'signed_out')
      expect([connection, account]).toEqual([{ status: 'signed_out', reason: 'password_changed' }, null])
    }
    expect(await browser.tokens.get()).toBeNull()
    const opened = browser.sockets.length
    await sleep(300)
    expect(browser.sockets).toHaveLength(opened)
  })
})

it('a tab whose refresh finds newer credentials goes on with those', async () => {
  const [tab] = await signedIn('bearer', undefined, 1)
  tab!.stop()
  const expired = { ...(await browser.tokens.get())!, access_token: 'expired' }
  await browser.tokens.set(expired)
  server.version += 1
  server.answers['profile.get'] = (_, caller) => {
    if (caller.version === null) throw new Refusal('unauthenticated', { reason: 'expired' })
    return { version: caller.version }
  }
  server.answers['auth.refresh'] = async () => {
    // As another tab does meanwhile; the lock is this tab's.
    setTimeout(() => void browser.tokens.set({ ...expired, ...server.tokens() }), 100)
    throw new Refusal('unauthenticated', { reason: 'renewed' })
  }
  expect(await tab!.call('profile.get')).toEqual({ version: 2 })
  expect(await browser.tokens.get()).toMatchObject({ refresh_token: 'refresh-2' })
})

describe('a socket that is closed', () => {
  it.each([1001, 1013, 1009, 1002])('with %i is opened again', async (code) => {
    const [tab] = await signedIn('bearer', undefined, 1)
    server.close(code)
    await untilStatus(tab!, 'offline')
    await untilStatus(tab!, 'live')
  })

  it('with 4401 is not, and the reason is told, whether it was subscribed or not', async () => {
    const [tab] = await signedIn('bearer', undefined, 1)
    server.answers['account.subscribe'] = () => new Promise(() => {})
    server.close(1001)
    await untilStatus(tab!, 'offline')
    await eventually(() => expect(server.countOf('account.subscribe')).toBe(2))
    server.close(4401, 'session_limit')
    const { connection } = await untilStatus(tab!, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: 'session_limit' })
    const opened = browser.sockets.length
    await sleep(200)
    expect(browser.sockets).toHaveLength(opened)
  })
})

it('a session that another one took the place of is looked for no longer than its successor may take', async () => {
  const [tab] = await signedIn('cookie', undefined, 1)
  const gone = () => {
    throw new Refusal('session_ended', { reason: 'replaced' })
  }
  const present = server.answers['session.current']!
  server.answers['session.current'] = gone
  server.close(4401, 'replaced')
  await eventually(() => expect(server.open).toBe(1))
  server.answers['session.current'] = present
  await eventually(() => expect(server.countOf('account.subscribe')).toBe(2))
  expect(tab!.getSnapshot().connection.status).toBe('live')

  server.answers['session.current'] = gone
  server.close(4401, 'replaced')
  const { connection } = await untilStatus(tab!, 'signed_out')
  expect(connection).toEqual({ status: 'signed_out', reason: 'replaced' })
})

describe('a known device', () => {
  const signIn = { email: 'ann@example.org', password: PASSWORDS.current_password }

  it('tells itself to the next sign-in, until it is forgotten', async () => {
    const [tab] = await signedIn('bearer', undefined, 1)
    await tab!.signOut('local')
    await tab!.signIn(signIn)
    await tab!.signOut('local', { forgetDevice: true })
    await tab!.signIn(signIn)
    const logins = server.calls.filter(({ method }) => method === 'auth.login')
    expect(logins.map(({ params }) => params['device_token'])).toEqual([undefined, 'device', undefined])
    const logouts = server.calls.filter(({ method }) => method === 'auth.logout')
    expect(logouts.map(({ params }) => params['forget_device'])).toEqual([undefined, true])
  })
})
