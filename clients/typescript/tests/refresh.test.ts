import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Locks, pageLocks } from '../src/locks.js'
import { Person } from './support/person.js'
import { Server } from './support/server.js'
import { eventually, sleep, until, untilStatus } from './support/wait.js'

let server: Server
let person: Person
beforeAll(async () => {
  server = await Server.start({ MARBELLE_LIFETIMES__ACCESS_TOKEN: '3s' })
  person = await Person.register(server)
})
afterAll(async () => {
  person.leave()
  await server.end()
})

const expiry = () => sleep(4_200)
const unlocked: Locks = { request: (_name, task) => task() }

describe('refreshing', () => {
  it('is done once by five tabs that race', async () => {
    const { browser, tab } = await person.browser()
    const tabs = [tab, ...Array.from({ length: 4 }, () => browser.tab())]
    await Promise.all(tabs.map((one) => until(one, ({ account }) => account !== null)))
    for (const one of tabs) one.stop()
    await expiry()
    browser.posted.length = 0
    await Promise.all(tabs.map((one) => one.call('profile.get')))
    expect(browser.posted.filter((method) => method === 'auth.refresh')).toHaveLength(1)
  })

  it('signs none of five tabs out, even where the browser has no locks', async () => {
    const { browser, tab } = await person.browser()
    tab.stop()
    const tabs = Array.from({ length: 5 }, () => browser.tab({ locks: unlocked }))
    await Promise.all(tabs.map((one) => until(one, ({ account }) => account !== null)))
    for (const one of tabs) one.stop()
    await expiry()
    browser.posted.length = 0
    await Promise.all(tabs.map((one) => one.call('profile.get')))
    expect(browser.posted.filter((method) => method === 'auth.refresh').length).toBeGreaterThan(1)
    await expiry()
    await Promise.all(tabs.map((one) => one.call('profile.get')))
  })

  it('is not needed on an open socket, and done when one is opened again', async () => {
    const { browser, tab } = await person.browser()
    await expiry()
    browser.posted.length = 0
    await tab.call('profile.get')
    expect(browser.posted).toEqual([])
    browser.cut()
    await untilStatus(tab, 'offline')
    await untilStatus(tab, 'live')
    expect(browser.posted).toEqual(['auth.refresh'])
  })

  it('with a token that was used before signs every tab out, and says why', async () => {
    const { browser, tab } = await person.browser()
    const first = await browser.tokens.get()
    for (const turn of ['second', 'third']) {
      await expiry()
      browser.cut()
      await untilStatus(tab, 'offline')
      await untilStatus(tab, 'live')
      expect((await browser.tokens.get())!.refresh_token, turn).not.toBe(first!.refresh_token)
    }
    const thief = await tab.try('auth.refresh', { refresh_token: first!.refresh_token })
    expect(!thief.ok && thief.error).toMatchObject({ kind: 'session_ended', data: { reason: 'refresh_token_reuse' } })
    const { connection } = await untilStatus(tab, 'signed_out')
    expect(connection).toEqual({ status: 'signed_out', reason: 'refresh_token_reuse' })
    await eventually(async () => expect(await browser.tokens.get()).toBeNull())
  })
})

describe('locks of a page', () => {
  it('let one task after the other run, also after one that failed', async () => {
    const order: string[] = []
    const slow = pageLocks.request('x', async () => {
      await sleep(20)
      order.push('slow')
      throw new Error('failed')
    })
    const quick = pageLocks.request('x', async () => order.push('quick'))
    const elsewhere = pageLocks.request('y', async () => order.push('elsewhere'))
    await expect(slow).rejects.toThrow('failed')
    await Promise.all([quick, elsewhere])
    expect(order).toEqual(['elsewhere', 'slow', 'quick'])
  })
})
