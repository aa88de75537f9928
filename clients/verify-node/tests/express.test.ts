import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../../typescript/tests/support/wait.js'
import { ordersApp } from '../examples/express/app.js'
import type { Verifier } from '../src/index.js'
import { Shop } from './shop.js'

let shop: Shop
let verifier: Verifier
let backend: Server
beforeAll(async () => {
  shop = await Shop.open()
  verifier = shop.verifier({ maxFeedAgeMs: 1_000 })
  await verifier.ready()
  backend = ordersApp(verifier).listen(0, '127.0.0.1')
  await once(backend, 'listening')
})
afterAll(async () => {
  backend.close()
  await shop.close()
})

function get(path: string, authorization?: string): Promise<Response> {
  const { port } = backend.address() as AddressInfo
  return fetch(`http://127.0.0.1:${port}${path}`, authorization ? { headers: { authorization } } : {})
}

it('a call is served, and refused after the logout', async () => {
  const session = await shop.signIn(await shop.register())
  const authorization = `Bearer ${await session.tokenFor('orders')}`
  const served = await get('/orders', authorization)
  expect([served.status, await served.json()]).toEqual([200, { user_id: session.userId, orders: [] }])

  await session.logout()
  const refused = await eventually(async () => {
    const response = await get('/orders', authorization)
    expect(response.status).toBe(401)
    return response
  })
  expect(await refused.json()).toEqual({ error: 'session_ended' })
  expect(refused.headers.get('www-authenticate')).toBe(
    'Bearer error="invalid_token", error_description="session_ended"',
  )
})

it('a call without a token is asked for one', async () => {
  for (const authorization of [undefined, 'Basic YTpi', 'Bearer']) {
    const response = await get('/orders', authorization)
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  }
})

it('what cannot be told is 503, in the health check too', async () => {
  const token = await (await shop.signIn(await shop.register())).tokenFor('orders')
  expect((await get('/healthz')).status).toBe(200)
  verifier.close()
  const response = await eventually(async () => {
    const response = await get('/orders', `Bearer ${token}`)
    expect(response.status).toBe(503)
    return response
  })
  expect([await response.json(), response.headers.get('retry-after')]).toEqual([{ error: 'feed_stale' }, '1'])
  expect((await get('/healthz')).status).toBe(503)
})
