import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SocketLike } from '../src/index.js'
import { Browser } from './support/browser.js'
import { mailedToken } from './support/mail.js'
import { Person } from './support/person.js'
import { Server } from './support/server.js'
import { eventually, sleep, until, untilStatus } from './support/wait.js'

let server: Server
let person: Person
beforeAll(async () => {
  server = await Server.start()
})
afterAll(() => server.end())
beforeEach(async () => {
  person = await Person.register(server)
})
afterEach(() => person.leave())

describe.each(['bearer', 'cookie'] as const)('with %s credentials', (credentials) => {
  it('a tab with nobody signed in says so, and shows nothing', async () => {
    const tab = new Browser(server.url).tab({ credentials })
    const { connection, account } = await untilStatus(tab, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: null })
    expect(account).toBeNull()
    tab.stop()
  })

  it('every tab of the browser is signed in by one, and signed out by one', async () => {
    const browser = new Browser(server.url)
    const [first, second] = [browser.tab({ credentials }), browser.tab({ credentials })]
    await Promise.all([untilStatus(first, 'signed_out'), untilStatus(second, 'signed_out')])
    await person.signIn(first)
    const shown = await until(second, ({ account }) => account !== null)
    expect(shown.account!.profile.email).toBe(person.email)
    expect(shown.account!.sessions).toHaveLength(1)
    await first.signOut('local')
    expect(first.getSnapshot()).toEqual({ connection: { status: 'signed_out', reason: 'logout' }, account: null })
    const { connection, account } = await untilStatus(second, 'signed_out')
    expect([connection, account]).toEqual([{ status: 'signed_out', reason: 'logout' }, null])
    expect(browser.cookie).toBeNull()
    await eventually(async () => expect(await browser.tokens.get()).toBeNull())
    browser.close()
  })

  it('a tab without a WebSocket calls over HTTP, and hears of the sign-out from another tab', async () => {
    const { browser, tab } = await person.browser(credentials)
    const deaf = browser.tab({ credentials, WebSocket: nowhere, backoff: { firstMs: 60_000, maxMs: 60_000 } })
    await untilStatus(deaf, 'offline')
    expect((await deaf.call('session.current')).session.current).toBe(true)
    await tab.signOut()
    const { connection } = await untilStatus(deaf, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: 'logout' })
  })

  it('the reason of the sign-out stays, whatever is called afterwards', async () => {
    const { tab } = await person.browser(credentials)
    await tab.signOut()
    const answer = await tab.try('profile.get')
    expect(!answer.ok && answer.error.kind).toBe('unauthenticated')
    expect(tab.getSnapshot().connection).toEqual({ status: 'signed_out', reason: 'logout' })
  })

  it('a new tab goes on with the session that there is', async () => {
    const { browser } = await person.browser(credentials)
    const later = browser.tab({ credentials })
    const { account } = await until(later, (state) => state.account !== null)
    expect(account!.sessions).toHaveLength(1)
    expect(account!.sessions[0]!.current).toBe(true)
  })

  it('a tab that signs in as another person shows nothing of the first one', async () => {
    const other = await Person.register(server)
    const { browser, tab } = await person.browser(credentials)
    const second = browser.tab({ credentials })
    await until(second, ({ account }) => account !== null)
    const shown = new Set<string>()
    second.subscribe(() => shown.add(second.getSnapshot().connection.status))
    await other.signIn(tab)
    const { account } = await until(second, (state) => state.account?.profile.email === other.email)
    expect(account!.sessions).toHaveLength(1)
    expect(tab.getSnapshot().account!.profile.email).toBe(other.email)
    expect([...shown]).not.toContain('signed_out')
  })

  it('a session that was ended from another device says why', async () => {
    const { tab } = await person.browser(credentials)
    const other = await person.browser(credentials)
    const session_id = tab.getSnapshot().account!.sessions.find(({ current }) => current)!.id
    await other.tab.call('session.revoke', { session_id })
    const { connection, account } = await untilStatus(tab, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: 'revoked' })
    expect(account).toBeNull()
  })

  it('a session that ended while the network was gone says why', async () => {
    const { browser, tab } = await person.browser(credentials)
    const other = await person.browser(credentials)
    const session_id = tab.getSnapshot().account!.sessions.find(({ current }) => current)!.id
    const cut = browser.tab({ credentials, backoff: { firstMs: 400, maxMs: 400 } })
    await until(cut, ({ account }) => account !== null)
    tab.stop()
    browser.cut()
    await untilStatus(cut, 'offline')
    await other.tab.call('session.revoke', { session_id })
    const { connection } = await untilStatus(cut, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: 'revoked' })
  })
})

describe('the end of a session', () => {
  it('by a changed password spares the device that changed it', async () => {
    const { tab } = await person.browser()
    const other = await person.browser('cookie')
    await tab.call('auth.change_password', { current_password: person.password, new_password: 'another walk by the sea' })
    const { connection } = await untilStatus(other.tab, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: 'password_changed' })
    expect(tab.getSnapshot().connection.status).toBe('live')
  })

  it('by a reset password and a changed e-mail address is told', async () => {
    const { tab } = await person.browser()
    await tab.call('auth.request_password_reset', { email: person.email })
    const token = await mailedToken(server.mail, person.email, 'password-reset')
    person.password = 'a third walk by the sea'
    await tab.call('auth.confirm_password_reset', { token, new_password: person.password })
    expect((await untilStatus(tab, 'signed_out')).connection).toMatchObject({ reason: 'password_reset' })
    await person.signIn(tab)
    const new_email = `new.${person.email}`
    await tab.call('profile.request_email_change', { current_password: person.password, new_email })
    await until(tab, ({ account }) => account?.profile.pending_email === new_email)
    await tab.call('profile.confirm_email_change', {
      token: await mailedToken(server.mail, new_email, 'confirm-email-change'),
    })
    expect((await untilStatus(tab, 'signed_out')).connection).toMatchObject({ reason: 'email_changed' })
  })

  it('that another tab heard of first leaves the answers of calls in flight alone', async () => {
    const { browser } = await person.browser()
    const tabs = `race ${person.email}`
    const tab = browser.tab({ tabs })
    const { account } = await until(tab, (state) => state.account !== null && state.connection.status === 'live')
    const answer = tab.call('account.changes', { since: account!.revision, epoch: account!.epoch, wait_ms: 1_000 })
    const another = new BroadcastChannel(tabs)
    const { id } = account!.sessions.find((session) => session.current)!
    another.postMessage({ type: 'signed_out', session_id: id, reason: 'logout' })
    await untilStatus(tab, 'signed_out')
    expect((await answer).events).toEqual([])
    another.close()
  })

  it('that nobody saw is told once, to the next tab', async () => {
    const { browser, tab } = await person.browser()
    const other = await person.browser()
    tab.stop()
    await other.tab.signOut('others')
    const reasons = []
    for (let turn = 0; turn < 2; turn++) {
      const next = browser.tab()
      reasons.push((await untilStatus(next, 'signed_out')).connection)
      next.stop()
    }
    expect(reasons).toMatchObject([{ reason: 'logout' }, { reason: null }])
  })

  it('of all others leaves this one', async () => {
    const { tab } = await person.browser()
    const others = [await person.browser(), await person.browser('cookie')]
    expect(await tab.signOut('others')).toEqual({ sessions_ended: 2 })
    for (const other of others) await untilStatus(other.tab, 'signed_out')
    expect(tab.getSnapshot().connection.status).toBe('live')
  })

  it('of all is told to every device', async () => {
    const { tab } = await person.browser()
    const other = await person.browser()
    expect(await tab.signOut()).toEqual({ sessions_ended: 2 })
    expect((await untilStatus(other.tab, 'signed_out')).connection).toMatchObject({ reason: 'logout' })
  })

  it('is final: nothing is tried again', async () => {
    const { browser, tab } = await person.browser()
    await tab.signOut()
    const opened = browser.sockets.length
    await sleep(300)
    expect(browser.sockets).toHaveLength(opened)
    expect(await tab.signOut()).toEqual({ sessions_ended: 0 })
    expect(tab.getSnapshot().connection).toEqual({ status: 'signed_out', reason: 'logout' })
  })
})

/** A WebSocket that connects to nothing. */
const nowhere = class {
  onopen = null
  onmessage = null
  onclose: SocketLike['onclose'] = null
  onerror = null
  constructor(_url: string) {
    setTimeout(() => this.onclose?.(undefined))
  }
  send(): void {}
  close(): void {}
}
