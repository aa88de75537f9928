import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { eventually, sleep } from '../../typescript/tests/support/wait.js'
import type { Verifier } from '../src/index.js'
import { KeyServer } from './key-server.js'
import { Shop } from './shop.js'
import { Wire } from './wire.js'

const MINUTE_MS = 60_000

let shop: Shop
let email: string
beforeAll(async () => {
  shop = await Shop.open()
  email = await shop.register()
})
afterAll(() => shop.close())
afterEach(() => vi.restoreAllMocks())

/** After a sleep, the wall clock shows that time has passed; the monotonic one and the timers do not. */
function machineSleeps(ms: number): void {
  const wall = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => wall() + ms)
}

/** How long it takes until tokens can be verified again. */
async function readyMs(verifier: Verifier): Promise<number> {
  const begun = performance.now()
  await verifier.ready()
  return performance.now() - begun
}

it('after a sleep, keys and revocations are fetched at once, and nothing is let through before', async () => {
  const wire = await Wire.to(shop.server.origin)
  const verifier = shop.verifier({ serviceUrl: wire.url })
  await verifier.ready()
  const [ended, alive] = [await shop.signIn(email), await shop.signIn(email)]
  const [voidToken, goodToken] = [await ended.tokenFor('orders'), await alive.tokenFor('orders')]
  await verifier.verify(voidToken)

  wire.strand()
  await ended.logout()
  machineSleeps(61 * MINUTE_MS)
  await expect(verifier.verify(voidToken)).rejects.toMatchObject({ code: 'no_keys' })
  // The next poll of the dead connection would be seconds away, its timeout more, the next fetch of the keys minutes.
  expect(await readyMs(verifier)).toBeLessThan(1_000)
  await expect(verifier.verify(voidToken)).rejects.toMatchObject({ code: 'session_ended', reason: 'logout' })
  expect((await verifier.verify(goodToken)).sessionId).toBe(alive.id)
  wire.close()
})

it('after a shorter sleep, the revocations are fetched at once over a new connection', async () => {
  const wire = await Wire.to(shop.server.origin)
  const verifier = shop.verifier({ serviceUrl: wire.url })
  await verifier.ready()
  const token = await (await shop.signIn(email)).tokenFor('orders')
  wire.strand()
  machineSleeps(MINUTE_MS)
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'feed_stale' })
  expect(await readyMs(verifier)).toBeLessThan(1_000)
  await verifier.verify(token)
  wire.close()
})

it('a process that got no time connects anew', async () => {
  const wire = await Wire.to(shop.server.origin)
  const verifier = shop.verifier({ serviceUrl: wire.url, maxFeedAgeMs: 3_000 })
  await verifier.ready()
  wire.strand()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500)
  expect(verifier.health().ok).toBe(false)
  // Another question over the dead connection would be given up after a second.
  expect(await readyMs(verifier)).toBeLessThan(900)
  wire.close()
})

it('an account server that is down after a sleep is asked at the usual pace', async () => {
  const keys = await KeyServer.start()
  const { publicKey } = await generateKeyPair('EdDSA')
  keys.set = [{ ...(await exportJWK(publicKey)), kid: 'key' }]
  const verifier = shop.verifier({ url: keys.url, serviceUrl: `${shop.server.origin}/service/rpc` })
  await verifier.ready()
  const asked = keys.asked
  keys.isDown = true
  machineSleeps(61 * MINUTE_MS)
  for (const end = performance.now() + 2_000; performance.now() < end; await sleep(2)) {
    await expect(verifier.verify('a.token')).rejects.toMatchObject({ code: 'no_keys' })
  }
  // At once, then after pauses of at least 125, 250, 500 and 1,000 ms.
  expect(keys.asked - asked).toBeGreaterThan(1)
  expect(keys.asked - asked).toBeLessThanOrEqual(5)
  keys.isDown = false
  await verifier.ready()
  keys.close()
})

it('tokens with made-up key ids do not delay the retries of a failed fetch', async () => {
  const keys = await KeyServer.start()
  const { publicKey } = await generateKeyPair('EdDSA')
  keys.set = [{ ...(await exportJWK(publicKey)), kid: 'key' }]
  const verifier = shop.verifier({ url: keys.url, serviceUrl: `${shop.server.origin}/service/rpc` })
  await verifier.ready()
  machineSleeps(6 * MINUTE_MS)
  await verifier.ready()
  keys.isDown = true
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'made-up' })).toString('base64url')
  const refused = () => expect(verifier.verify(`${header}.e30.e30`)).rejects.toMatchObject({ code: 'unknown_key' })
  await eventually(async () => {
    await refused()
    expect(verifier.health().errors).toHaveLength(1)
  })
  keys.isDown = false
  const begun = performance.now()
  await eventually(async () => {
    await refused()
    expect(verifier.health().errors).toEqual([])
  })
  // The pause between fetches for unknown keys is ten seconds.
  expect(performance.now() - begun).toBeLessThan(2_000)
  keys.close()
})
