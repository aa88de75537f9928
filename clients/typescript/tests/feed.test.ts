import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SocketConstructor, SocketLike } from '../src/index.js'
import { expectToAgree } from './support/agree.js'
import { address, Person } from './support/person.js'
import { Server } from './support/server.js'
import { sleep, until, untilStatus } from './support/wait.js'
import { WebSocket as NodeSocket } from 'ws'

let server: Server
let person: Person
beforeAll(async () => {
  server = await Server.start()
})
afterAll(async () => {
  await server.end()
})

describe('the live account', () => {
  it('equals account.get while several tabs and devices write at once', async () => {
    person = await Person.register(server)
    const laptop = await person.browser()
    const phone = await person.browser()
    const second = laptop.browser.tab()
    await until(second, ({ account }) => account !== null)
    const home = await laptop.tab.call('addresses.create', address('Home'))
    const work = await laptop.tab.call('addresses.create', address('Work'))
    let primaries: number[] = []
    const end = second.subscribe(() => {
      primaries.push(second.getSnapshot().account!.addresses.filter((one) => one.is_primary).length)
    })
    const writes = [laptop.tab, second, phone.tab].flatMap((tab, writer) =>
      Array.from({ length: 10 }, (_, turn) => [
        tab.call('profile.update', { first_name: `Ann ${writer} ${turn}` }),
        tab.call('addresses.set_primary', { address_id: turn % 2 === writer % 2 ? home.id : work.id }),
        tab.call('addresses.update', { address_id: home.id, city: `Berlin ${writer} ${turn}` }),
      ]),
    )
    await Promise.all(writes.flat())
    await phone.tab.call('addresses.delete', { address_id: home.id })
    await expectToAgree(laptop.tab, second, phone.tab)
    end()
    expect(primaries.length).toBeGreaterThan(20)
    expect(new Set(primaries)).toEqual(new Set([1]))
    expect(laptop.browser.events.filter((type) => type === 'snapshot')).toHaveLength(2)
    person.leave()
  })

  it('goes on where it was after ten changes without a network', async () => {
    person = await Person.register(server)
    const { browser, tab } = await person.browser()
    const other = await person.browser()
    await until(tab, ({ account }) => account?.sessions.length === 2)
    browser.cut()
    await untilStatus(tab, 'offline')
    for (let turn = 0; turn < 10; turn++) await other.tab.call('profile.update', { last_name: `Lee ${turn}` })
    await until(tab, ({ account }) => account?.profile.last_name === 'Lee 9')
    await expectToAgree(tab)
    expect(browser.events.filter((type) => type === 'snapshot')).toHaveLength(1)
    person.leave()
  })

  it('survives a server that is killed and started again', async () => {
    const killed = await Server.start()
    person = await Person.register(killed)
    const { browser, tab } = await person.browser()
    await tab.call('addresses.create', address('Home'))
    const before = tab.getSnapshot().account
    await killed.kill()
    const offline = await untilStatus(tab, 'offline')
    expect(offline.account?.profile).toBe(before?.profile)
    const answer = await tab.try('profile.get')
    expect(!answer.ok && answer.error.kind).toBe('no_answer')
    await sleep(300)
    await killed.restart()
    await untilStatus(tab, 'live')
    await tab.call('profile.update', { first_name: 'Anna' })
    await until(tab, ({ account }) => account?.profile.first_name === 'Anna')
    await expectToAgree(tab)
    expect(browser.events.filter((type) => type === 'snapshot')).toHaveLength(1)
    person.leave()
    await killed.end()
  })

  it('takes each event once, however late and how often it comes', async () => {
    person = await Person.register(server)
    const { browser } = await person.browser()
    const tab = browser.tab({ WebSocket: stuttering })
    const other = await person.browser()
    await until(tab, ({ account }) => account !== null)
    const revisions: number[] = []
    tab.subscribe(() => revisions.push(tab.getSnapshot().account!.revision))
    for (let turn = 0; turn < 10; turn++) await other.tab.call('profile.update', { first_name: `Ann ${turn}` })
    await until(tab, ({ account }) => account?.profile.first_name === 'Ann 9')
    expect(new Set(revisions).size).toBe(revisions.length)
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b))
    await expectToAgree(tab)
    person.leave()
  })

  it('fills a gap from the log', async () => {
    person = await Person.register(server)
    const { browser } = await person.browser()
    const tab = browser.tab({ WebSocket: forgetful('Ann 3') })
    const other = await person.browser()
    await until(tab, ({ account }) => account?.sessions.length === 2)
    const seen: string[] = []
    tab.subscribe(() => {
      const name = tab.getSnapshot().account!.profile.first_name
      if (seen.at(-1) !== name) seen.push(name)
    })
    for (let turn = 0; turn < 6; turn++) await other.tab.call('profile.update', { first_name: `Ann ${turn}` })
    await until(tab, ({ account }) => account?.profile.first_name === 'Ann 5')
    expect(seen.filter((name) => name.startsWith('Ann '))).toEqual(['Ann 0', 'Ann 1', 'Ann 2', 'Ann 3', 'Ann 4', 'Ann 5'])
    await expectToAgree(tab)
    person.leave()
  })

  it('begins anew when the history is another', async () => {
    person = await Person.register(server)
    const { browser } = await person.browser()
    const socket = otherEpoch()
    const restored = browser.tab({ WebSocket: socket.constructor })
    const before = await until(restored, ({ account }) => account !== null)
    socket.cut()
    await untilStatus(restored, 'offline')
    const after = await until(restored, ({ account }) => account?.epoch !== before.account?.epoch)
    expect(after.connection.status).toBe('live')
    expect(socket.snapshots()).toBe(2)
    expect(after.account!.profile).toEqual(before.account!.profile)
    person.leave()
  })

  it('notices a connection that has fallen silent, and opens another', async () => {
    person = await Person.register(server)
    const { browser, tab } = await person.browser()
    const network = silenceable()
    const silenced = browser.tab({ WebSocket: network.constructor, silenceMs: 300 })
    await until(silenced, ({ account }) => account !== null)
    network.silence()
    await tab.call('profile.update', { first_name: 'Anna' })
    await untilStatus(silenced, 'offline')
    await until(silenced, ({ account }) => account?.profile.first_name === 'Anna')
    person.leave()
  })

  it('tells who is connected when it is asked', async () => {
    person = await Person.register(server)
    const { tab } = await person.browser()
    const other = await person.browser()
    const opened = await until(tab, ({ account }) => account?.sessions.length === 2)
    expect(opened.account!.sessions.map(({ current }) => current)).toEqual([false, true])
    expect(opened.account!.sessions[0]!.connected).toBeUndefined()
    await tab.readSessions()
    expect(tab.getSnapshot().account!.sessions[0]).toMatchObject({ connected: true, current: false })
    other.browser.close()
    person.leave()
  })
})

type Received = { data: unknown }

/** A WebSocket whose messages pass through a function. */
function through(alter: (deliver: (event: Received) => void, event: Received, socket: NodeSocket) => void) {
  return class {
    onopen: SocketLike['onopen'] = null
    onmessage: SocketLike['onmessage'] = null
    onclose: SocketLike['onclose'] = null
    onerror: SocketLike['onerror'] = null
    readonly #inner: NodeSocket
    constructor(url: string) {
      this.#inner = new NodeSocket(url)
      this.#inner.onopen = (event) => this.onopen?.(event as never)
      this.#inner.onclose = (event) => this.onclose?.(event as never)
      this.#inner.onerror = (event) => this.onerror?.(event as never)
      this.#inner.onmessage = (event) => alter((one) => this.onmessage?.(one), { data: event.data }, this.#inner)
    }
    send(text: string) {
      this.#inner.send(text)
    }
    close() {
      this.#inner.close()
    }
  } as SocketConstructor
}

/** Everything twice and late; in order, as a WebSocket is. */
const stuttering = through((deliver, event) => {
  setTimeout(() => deliver(event), 30)
  setTimeout(() => deliver(event), 30)
})

/** Loses the first event about a name. */
function forgetful(name: string): SocketConstructor {
  let isLost = false
  return through((deliver, event) => {
    if (!isLost && String(event.data).includes('profile.changed') && String(event.data).includes(name)) isLost = true
    else deliver(event)
  })
}

/** Tells epochs that the server does not know. */
function otherEpoch() {
  let snapshots = 0
  const sockets: NodeSocket[] = []
  const constructor = through((deliver, event, socket) => {
    sockets.push(socket)
    if (String(event.data).includes('"snapshot"')) snapshots++
    deliver({ data: String(event.data).replace(/"epoch":"[^"]+"/, `"epoch":"${randomUUID()}"`) })
  })
  return { constructor, snapshots: () => snapshots, cut: () => sockets.forEach((socket) => socket.terminate()) }
}

/** A network that swallows what comes on the connections that are open when it is silenced. */
function silenceable() {
  const sockets = new Set<NodeSocket>()
  const silent = new Set<NodeSocket>()
  const constructor = through((deliver, event, socket) => {
    sockets.add(socket)
    if (!silent.has(socket)) deliver(event)
  })
  return { constructor, silence: () => sockets.forEach((socket) => silent.add(socket)) }
}
