import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, sleep } from '../../typescript/tests/support/wait.js'
import type { TokenRefused, Verifier } from '../src/index.js'
import { KeyServer } from './key-server.js'
import { ISSUER, PASSWORD, type Session, Shop } from './shop.js'
import { Wire } from './wire.js'

let shop: Shop
let verifier: Verifier
let email: string
beforeAll(async () => {
  shop = await Shop.open()
  email = await shop.register()
  verifier = shop.verifier()
  await verifier.ready()
})
afterAll(() => shop.close())

/** Tries until the token is refused, and tells why. */
async function refusal(of: Verifier, token: string): Promise<Pick<TokenRefused, 'code' | 'reason'>> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(1)) {
    const error = await of.verify(token).then(
      () => null,
      (error) => error,
    )
    if (error) return { code: error.code, reason: error.reason ?? null }
  }
  throw new Error('the token stays good')
}

describe('a token', () => {
  it('is good for its audience, and says who calls', async () => {
    const session = await shop.signIn(email)
    const claims = await verifier.verify(await session.tokenFor('orders'))
    expect(claims).toMatchObject({ userId: session.userId, sessionId: session.id, version: 0 })
    expect(claims.expiresAt - claims.issuedAt).toBe(600)
    for (const other of [session.accessToken, await session.tokenFor('search')]) {
      await expect(verifier.verify(other)).rejects.toMatchObject({ name: 'TokenRefused', code: 'invalid' })
    }
  })

  it('is good as it was signed, by the key and the algorithm of the server alone', async () => {
    const token = await (await shop.signIn(email)).tokenFor('orders')
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const { keys } = (await (await fetch(`${shop.server.origin}/.well-known/jwks.json`)).json()) as {
      keys: [{ x: string }]
    }
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const byPublicKey = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
      .sign(Buffer.from(keys[0].x, 'base64url'))
    const { privateKey } = await generateKeyPair('EdDSA')
    const byAnother = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .sign(privateKey)
    const altered = `${header}.${base64({ ...claims, sub: 'somebody-else' })}.${signature}`
    const unsigned = `${base64({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.`
    for (const forged of [
      byPublicKey,
      byAnother,
      altered,
      unsigned,
      'eyJ',
      `${token}x`,
      `${token}${'x'.repeat(3000)}`,
    ]) {
      await expect(verifier.verify(forged), forged).rejects.toMatchObject({ code: 'invalid' })
    }
    await expect(verifier.verify('')).rejects.toMatchObject({ code: 'missing' })
    await verifier.verify(token)
  })

  it('is refused right after the logout of its session', async () => {
    const times: number[] = []
    for (let round = 0; round < 10; round++) {
      const session = await shop.signIn(email)
      const token = await session.tokenFor('orders')
      await verifier.verify(token)
      await session.logout()
      const answered = performance.now()
      expect(await refusal(verifier, token)).toEqual({ code: 'session_ended', reason: 'logout' })
      times.push(performance.now() - answered)
    }
    const median = times.sort((a, b) => a - b)[5]!
    console.log(`from the answer to the logout to the refusal: median ${median.toFixed(1)} ms`)
    expect(median).toBeLessThan(50)
  })

  it('of before a change of the password is void, and the session has new ones', async () => {
    const ann = await shop.register()
    const session = await shop.signIn(ann)
    const before = await session.tokenFor('orders')
    const changed = { current_password: PASSWORD, new_password: 'another walk by the sea' }
    const { tokens } = await shop.call('auth.change_password', changed, session.accessToken)
    expect(await refusal(verifier, before)).toEqual({ code: 'renewed', reason: 'password_changed' })
    session.accessToken = tokens.access_token
    expect(await verifier.verify(await session.tokenFor('orders'))).toMatchObject({ sessionId: session.id, version: 1 })
  })
})

describe('the feed', () => {
  it('is followed without a gap when it was cut', async () => {
    const wire = await Wire.to(shop.server.origin)
    const cut = shop.verifier({ serviceUrl: wire.url })
    await cut.ready()
    const gone: string[] = []
    const end = async (session: Session) => {
      gone.push(await session.tokenFor('orders'))
      await session.logout()
    }
    await end(await shop.signIn(email))
    expect((await refusal(cut, gone[0]!)).code).toBe('session_ended')
    for (let round = 0; round < 3; round++) {
      wire.cut()
      await eventually(() => expect(cut.health().isConnected).toBe(false))
      await end(await shop.signIn(email))
      // Not stale yet, and it cannot know.
      await cut.verify(gone.at(-1)!)
      wire.mend()
      expect((await refusal(cut, gone.at(-1)!)).code).toBe('session_ended')
    }
    await cut.verify(await (await shop.signIn(email)).tokenFor('orders'))
    wire.close()
  })

  it('that is silent is too old soon, says so, and comes back', async () => {
    const wire = await Wire.to(shop.server.origin)
    const stalled = shop.verifier({ serviceUrl: wire.url, maxFeedAgeMs: 1_000 })
    await stalled.ready()
    const session = await shop.signIn(email)
    const token = await session.tokenFor('orders')
    await stalled.verify(token)
    wire.silence()
    const silent = performance.now()
    await session.logout()
    expect((await refusal(stalled, token)).code).toBe('feed_stale')
    expect(performance.now() - silent).toBeLessThan(2_000)
    const { ok, errors } = stalled.health()
    expect([ok, errors.length > 0]).toEqual([false, true])
    wire.mend()
    await stalled.ready()
    expect((await refusal(stalled, token)).code).toBe('session_ended')
    expect(stalled.health()).toMatchObject({ ok: true, errors: [], isConnected: true })
    wire.close()
  })

  it('needs a key that is good, and says so', async () => {
    const bad = shop.verifier({ serviceKey: 'no-key' })
    await expect(bad.ready(2_000)).rejects.toThrow('the service key is refused')
    await expect(bad.verify(await (await shop.signIn(email)).tokenFor('orders'))).rejects.toMatchObject({
      name: 'VerifierUnavailable',
      code: 'feed_stale',
    })
    bad.close()
    const other = shop.command('key', 'create', 'other', '--scope', 'users:read')
    const forbidden = shop.verifier({ serviceKey: other })
    await expect(forbidden.ready(2_000)).rejects.toThrow('refused by the server')
    forbidden.close()
  })

  it('voids every token of before a restore', async () => {
    const restored = await Shop.open()
    const somebody = await restored.register()
    const follower = restored.verifier()
    await follower.ready()
    const token = await (await restored.signIn(somebody)).tokenFor('orders')
    await follower.verify(token)
    restored.command('new-epoch')
    expect(await refusal(follower, token)).toEqual({ code: 'session_ended', reason: 'restored' })
    await eventually(async () => follower.verify(await (await restored.signIn(somebody)).tokenFor('orders')))
    await restored.close()
  })
})

it('keys that are rotated become known, and are fetched no more often than the pause', async () => {
  const keys = await KeyServer.start()
  const pause = 500
  const rotating = shop.verifier({ url: keys.url, serviceUrl: `${shop.server.origin}/service/rpc`, keysPauseMs: pause })
  const sign = async (kid: string, key: CryptoKey, lifetime = '10m') =>
    new SignJWT({ sid: 'session', ver: 0 })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .setSubject('user')
      .setIssuer(ISSUER)
      .setAudience('orders')
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(key)
  const [first, second] = [await generateKeyPair('EdDSA'), await generateKeyPair('EdDSA')]
  keys.set = [{ ...(await exportJWK(first.publicKey)), kid: 'first' }]
  await rotating.ready()
  await rotating.verify(await sign('first', first.privateKey))
  await expect(rotating.verify(await sign('first', first.privateKey, '2h'))).rejects.toThrow('tokenLifetimeMs')
  await expect(rotating.verify(await sign('first', first.privateKey, '-1s'))).rejects.toMatchObject({ code: 'expired' })

  keys.set = [{ ...(await exportJWK(second.publicKey)), kid: 'second' }]
  const [asked, begun] = [keys.asked, performance.now()]
  const token = await sign('second', second.privateKey)
  await expect(rotating.verify(token)).rejects.toMatchObject({ code: 'unknown_key' })
  await eventually(() => rotating.verify(token))
  await expect(rotating.verify(await sign('first', first.privateKey))).rejects.toMatchObject({ code: 'unknown_key' })
  for (let n = 0; n < 200; n++) {
    await expect(rotating.verify(await sign(`made-up-${n}`, first.privateKey))).rejects.toMatchObject({
      code: 'unknown_key',
    })
    await sleep(5)
  }
  const most = 1 + Math.ceil((performance.now() - begun) / pause)
  expect(keys.asked - asked).toBeGreaterThan(1)
  expect(keys.asked - asked).toBeLessThanOrEqual(most)
  keys.close()
})
