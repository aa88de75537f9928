import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Browser } from './support/browser.js'
import { Refusal, Scripted } from './support/scripted.js'
import { eventually, until, untilStatus } from './support/wait.js'

let server: Scripted
let browser: Browser
let verify: () => void
/** How many questions wait at once. */
let waiting = 0
let mostWaiting = 0
beforeEach(async () => {
  server = await Scripted.start()
  browser = new Browser(server.url)
  waiting = mostWaiting = 0
  const verified = new Promise<void>((resolve) => (verify = resolve))
  let isUsed = false
  server.answers['auth.await_verification'] = async () => {
    mostWaiting = Math.max(mostWaiting, ++waiting)
    await verified
    waiting--
    return { verified: !isUsed }
  }
  const login = server.answers['auth.login_registration']!
  server.answers['auth.login_registration'] = (params, caller) => {
    if (isUsed) throw new Refusal('invalid_token')
    isUsed = true
    return login(params, caller)
  }
})
afterEach(async () => {
  verify()
  browser.close()
  await server.end()
})

describe.each(['bearer', 'cookie'] as const)('a registration, with %s credentials', (credentials) => {
  it('signs every tab in when it is verified elsewhere, and is waited for by one of them', async () => {
    const [here, there] = [browser.tab({ credentials }), browser.tab({ credentials })]
    for (const tab of [here, there]) await untilStatus(tab!, 'signed_out')
    const leave = new AbortController()
    const first = here!.signInWhenVerified('handle', { device_name: 'Laptop' })
    const second = there!.signInWhenVerified('handle', { signal: leave.signal })
    await eventually(() => expect(waiting).toBe(1))
    verify()
    expect(await first).toMatchObject({ session: { id: 'session' } })
    for (const tab of [here, there]) await until(tab!, ({ account }) => account !== null)
    leave.abort()
    expect(await second).toBeNull()
    expect(mostWaiting).toBe(1)
    const logins = server.calls.filter(({ method }) => method === 'auth.login_registration')
    expect(logins.map(({ params }) => params)).toEqual([{ registration: 'handle', device_name: 'Laptop', credentials }])
  })
})

it('a registration that signs nobody in any more says so', async () => {
  const tab = browser.tab()
  server.answers['auth.login_registration'] = () => {
    throw new Refusal('invalid_token')
  }
  verify()
  expect(await tab.signInWhenVerified('handle')).toBeNull()
  expect(tab.getSnapshot().connection.status).toBe('signed_out')
})

it('a wait that is given up ends at once, and is asked no more', async () => {
  const tab = browser.tab()
  const leave = new AbortController()
  const wait = tab.signInWhenVerified('handle', { signal: leave.signal })
  await eventually(() => expect(waiting).toBe(1))
  leave.abort()
  expect(await wait).toBeNull()
  expect(server.countOf('auth.await_verification')).toBe(1)
})

it('a wait goes on after a server that was not to be had', async () => {
  const tab = browser.tab()
  const wait = server.answers['auth.await_verification']!
  server.answers['auth.await_verification'] = () => {
    server.answers['auth.await_verification'] = wait
    throw new Refusal('unavailable', { retry_after_ms: 0, outcome: 'not_done' })
  }
  verify()
  expect(await tab.signInWhenVerified('handle')).not.toBeNull()
  expect(server.countOf('auth.await_verification')).toBe(2)
})
