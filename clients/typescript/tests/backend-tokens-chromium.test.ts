import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Backend, claimsOf } from './support/backend.js'
import { Frontend, untilShown } from './support/page.js'
import { chromium as executablePath } from './support/paths.js'
import { Person } from './support/person.js'
import { Server } from './support/server.js'

let frontend: Frontend
let server: Server
let backend: Backend
let chrome: Browser
beforeAll(async () => {
  frontend = await Frontend.start()
  server = await Server.start({ MARBELLE_ALLOWED_ORIGINS: frontend.origin, MARBELLE_TOKEN_BACKENDS: 'orders' })
  backend = await Backend.start(server.origin, 'orders')
  chrome = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
})
afterAll(async () => {
  await chrome?.close()
  await Promise.all([server?.end(), backend?.end(), frontend?.end()])
})

/** Counts how often the pages of a browser ask the server for a token. */
function countQuestions(context: BrowserContext): () => number {
  let count = 0
  const look = (text: string | Buffer | null) => {
    if (text?.includes('"session.access_token"')) count += 1
  }
  context.on('request', (request) => look(request.method() === 'POST' ? request.postData() : null))
  context.on('page', (page) =>
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => look(payload))),
  )
  return () => count
}

const token = (page: Page): Promise<string> => page.evaluate(() => accounts.accessToken('orders'))

it('two tabs that are signed in by cookie call another backend with one token', async () => {
  const person = await Person.register(server)
  const context = await chrome.newContext()
  const questions = countQuestions(context)
  const tabs = [await frontend.open(context, server.url, 'cookie'), await frontend.open(context, server.url, 'cookie')]
  const [a, b] = tabs as [Page, Page]
  await a.evaluate((params) => accounts.signIn(params), { email: person.email, password: person.password })
  for (const tab of tabs) await untilShown(tab, ({ connection, account }) => connection.status === 'live' && account !== null)

  // The whole of what a frontend does.
  const callBackend = async (url: string) => {
    const call = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } })
    const token = await accounts.accessToken('orders')
    let response = await call(token)
    if (response.status === 401) response = await call(await accounts.accessToken('orders', { insteadOf: token }))
    return { status: response.status, caller: await response.text() }
  }
  const answers = await Promise.all(tabs.map((tab) => tab.evaluate(callBackend, backend.url)))
  const id = await a.evaluate(() => accounts.getSnapshot().account!.profile.id)
  expect(answers).toEqual(Array(2).fill({ status: 200, caller: id }))
  expect(questions()).toBe(1)
  const first = await token(a)
  expect(await token(b)).toBe(first)
  // A tab that is opened later has it from the others.
  const late = await frontend.open(context, server.url, 'cookie')
  await untilShown(late, ({ connection, account }) => connection.status === 'live' && account !== null)
  expect(await token(late)).toBe(first)
  expect(questions()).toBe(1)
  // Nothing of it outlives the tabs.
  const stored = await a.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  expect(stored).not.toContain(first)

  await a.evaluate((passwords) => accounts.call('auth.change_password', passwords), {
    current_password: person.password,
    new_password: 'another walk by the sea',
  })
  const renewed = await token(a)
  expect((await claimsOf(server.origin, renewed)).ver).toBe((await claimsOf(server.origin, first)).ver + 1)
  await expect.poll(async () => (await token(b)) === first).toBe(false)

  await a.evaluate(() => accounts.signOut())
  await untilShown(b, ({ connection }) => connection.status === 'signed_out')
  const refusal = await b.evaluate(() => accounts.accessToken('orders').catch((error: { kind: string }) => error.kind))
  expect(refusal).toBe('unauthenticated')
  await context.close()
})
