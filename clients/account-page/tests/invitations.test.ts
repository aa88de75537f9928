import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { binary } from '../../typescript/tests/support/paths.js'
import { Server } from '../../typescript/tests/support/server.js'
import { expectAccessible } from './support/accessible.js'
import { Chrome, tab } from './support/chrome.js'
import { Customer } from './support/customer.js'
import { Provider, signInAtProvider } from './support/provider.js'

const INVITED = { MARBELLE_SIGN_UP: 'invited' }

let provider: Provider
let server: Server
let chrome: Chrome

beforeAll(async () => {
  provider = await Provider.start()
  server = await Server.start({ ...provider.settings, ...INVITED })
  provider.serve(server.page)
  chrome = await Chrome.launch()
})
afterEach(() => {
  chrome.forgivePagesOf(provider.issuer)
  return chrome.endDevices()
})
afterAll(async () => {
  await chrome?.close()
  await server?.end()
  await provider?.end()
})

/** What an operator does. */
async function invitation(...words: string[]): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MARBELLE_'))
  const settings = { ...INVITED, MARBELLE_DATA_DIR: server.data, MARBELLE_FRONTEND_URL: server.page }
  await promisify(execFile)(binary, ['invitation', ...words], { env: { ...Object.fromEntries(inherited), ...settings } })
}

async function invite(customer: Customer): Promise<string> {
  await invitation('create', customer.email, '--first-name', 'Ann')
  return `/accept-invitation?token=${await customer.token('accept-invitation')}`
}

async function fill(page: Page, customer: Customer): Promise<void> {
  await page.getByLabel('First name').fill('Ann')
  await page.getByLabel('E-mail address').fill(customer.email)
  await page.getByLabel('Password', { exact: true }).fill(customer.password)
  await page.getByRole('button', { name: 'Create account' }).click()
}

it('registers who comes by the link of an invitation, with its address, once', async () => {
  const [ann, eve] = [new Customer(server), new Customer(server)]
  const link = await invite(ann)
  const page = await tab(await chrome.device(), server.page, link)
  await page.getByRole('heading', { name: 'You are invited' }).waitFor()
  expect(page.url()).toBe(`${server.page}/accept-invitation`)
  await expectAccessible(page)
  await fill(page, eve)
  await page.getByText('This invitation does not work for this e-mail address.').waitFor()
  await expectAccessible(page)
  await page.reload()
  await fill(page, ann)
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await page.getByRole('textbox', { name: 'Code from the e-mail' }).fill(await ann.code())
  await page.getByRole('button', { name: 'Complete my account' }).click()
  await page.getByRole('heading', { name: 'Profile', exact: true }).waitFor()

  const again = await tab(await chrome.device(), server.page, link)
  await fill(again, ann)
  await again.getByText('the invitation was used or withdrawn').waitFor()
})

it('signs up by a provider with the invitation, and not without it', async () => {
  const ann = new Customer(server)
  const page = await tab(await chrome.device(), server.page)
  await page.getByRole('button', { name: 'Continue with Panva' }).click()
  await signInAtProvider(page, ann.email)
  await page.getByText('only with an invitation for this e-mail address').waitFor()
  await page.goto(`${server.page}${await invite(ann)}`)
  await page.getByRole('button', { name: 'Continue with Panva' }).click()
  // The provider still has its session.
  await page.getByRole('heading', { name: 'Profile', exact: true }).waitFor()
})

it('offers nobody else a registration, and says what it takes', async () => {
  const page = await tab(await chrome.device(), server.page)
  await page.getByText('You need an invitation to create an account.').waitFor()
  expect(await page.getByRole('link', { name: 'Create an account' }).count()).toBe(0)
  await page.goto(`${server.page}/register`)
  await page.getByText('You need an invitation to register here.').waitFor()
  await expectAccessible(page)
  await page.goto(`${server.page}/accept-invitation`)
  await page.getByText('This page is opened by a link in an e-mail.').waitFor()
  for (const [language, title] of [['Deutsch', 'Sie sind eingeladen'], ['Shqip', 'Keni një ftesë']] as const) {
    await page.getByRole('button', { name: language }).click()
    await page.getByRole('heading', { name: title }).waitFor()
  }
})
