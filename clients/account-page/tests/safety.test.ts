import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Server } from '../../typescript/tests/support/server.js'
import { Cable } from './support/cable.js'
import { tab } from './support/chrome.js'
import { Customer } from './support/customer.js'
import { Stage } from './support/stage.js'

const stage = new Stage()
/** Another page of the same site: its requests carry the cookie. */
let foreign: HttpServer

beforeAll(async () => {
  foreign = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">')
  })
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  foreign?.closeAllConnections()
  await new Promise((resolve) => foreign?.close(resolve))
})

it('gives a page of a foreign origin no socket and no answer', async () => {
  const cable = await Cable.lay()
  const server = await Server.start({ MARBELLE_ALLOWED_ORIGINS: cable.origin })
  cable.plugIn(server.page)
  const customer = await Customer.withAccount(server)
  const device = await stage.chrome.device()
  await customer.signIn(await tab(device, cable.origin))
  const page = await tab(device, `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`)
  const handshake = page.waitForEvent('websocket')
  const opened = await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url)
        socket.onopen = () => resolve(true)
        socket.onerror = () => resolve(false)
      }),
    server.url.replace('http', 'ws'),
  )
  expect(opened).toBe(false)
  expect((await handshake).url()).toContain('/rpc')
  const answered = await page.evaluate(
    (url) =>
      fetch(url, {
        method: 'POST',
        credentials: 'include',
        headers: { 'content-type': 'text/plain' },
        body: '{"jsonrpc":"2.0","id":1,"method":"auth.logout","params":{}}',
      }).then(
        (response) => response.status,
        () => 'refused',
      ),
    server.url,
  )
  expect(answered).toBe('refused')
  // And nothing was done: the account is still open beside it.
  const account = await tab(device, cable.origin, '/profile')
  await account.getByText('Live: changes').waitFor()
  await device.close()
  await cable.remove()
  await server.end()
  stage.chrome.forgiveFailedConnections()
})

it.each([
  ['en', 'Sign in', 'add ORIGIN to MARBELLE_ALLOWED_ORIGINS'],
  ['de', 'Anmelden', 'tragen Sie ORIGIN in MARBELLE_ALLOWED_ORIGINS ein'],
  ['sq', 'Hyni', 'shtoni ORIGIN te MARBELLE_ALLOWED_ORIGINS'],
])('says in %s why nobody signs in at an address that is not listed', async (locale, signIn, said) => {
  const customer = await Customer.withAccount(stage.server)
  const origin = stage.server.page.replace('localhost', 'shop.lan')
  const page = await tab(await stage.chrome.device({ locale }), origin)
  await page.locator('input[name="email"]').fill(customer.email)
  await page.locator('input[name="password"]').fill(customer.password)
  await page.getByRole('button', { name: signIn, exact: true }).click()
  await page.getByRole('alert').getByText(said.replace('ORIGIN', origin)).waitFor()
  stage.chrome.forgiveUnlistedOrigin()
  stage.chrome.forgiveFailedConnections()
})

it('says why nobody is signed in by a browser that keeps no cookie', async () => {
  // It reads a header of another name.
  const cable = await Cable.lay((bytes) => Buffer.from(bytes.toString('latin1').replace(/^set-cookie:/im, 'not-cookie:'), 'latin1'))
  const server = await Server.start({ MARBELLE_ALLOWED_ORIGINS: cable.origin })
  cable.plugIn(server.page)
  const customer = await Customer.withAccount(server)
  const page = await tab(await stage.chrome.device(), cable.origin)
  await page.getByLabel('E-mail address').fill(customer.email)
  await page.getByLabel('Password', { exact: true }).fill(customer.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('did not keep the cookie').waitFor()
  await page.close()
  await cable.remove()
  await server.end()
})

it('runs under a policy without exceptions, as no frame of another page', async () => {
  const page = await (await stage.chrome.device()).newPage()
  const response = await page.goto(stage.server.page)
  const policy = response!.headers()['content-security-policy']!
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe-')
  expect(policy).toContain("frame-ancestors 'none'")
  expect(response!.headers()['referrer-policy']).toBe('no-referrer')
})

it('reloads five tabs at once, and none is signed out', async () => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device()
  const tabs = [await tab(device, stage.server.page)]
  await customer.signIn(tabs[0]!)
  while (tabs.length < 5) tabs.push(await tab(device, stage.server.page, '/profile'))
  await Promise.all(tabs.map((page) => page.reload()))
  for (const page of tabs) await page.getByText('Live: changes').waitFor()
  await tabs[0]!.getByLabel('First name').fill('Anna')
  await tabs[0]!.getByRole('button', { name: 'Save', exact: true }).click()
  for (const page of tabs) await expect.poll(() => page.getByLabel('First name').inputValue()).toBe('Anna')
})
