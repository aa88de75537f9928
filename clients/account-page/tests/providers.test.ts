import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Server } from '../../typescript/tests/support/server.js'
import { sleep } from '../../typescript/tests/support/wait.js'
import { expectAccessible } from './support/accessible.js'
import { Chrome, tab } from './support/chrome.js'
import { Customer } from './support/customer.js'
import { Provider, signInAtProvider } from './support/provider.js'
import { turnOnSecondFactor } from './support/second-factor.js'

const PROOF_MS = 10_000

let provider: Provider
let server: Server
let chrome: Chrome
let page: Page

beforeAll(async () => {
  provider = await Provider.start()
  server = await Server.start({ ...provider.settings, MARBELLE_LIFETIMES__PROOF: `${PROOF_MS / 1000}s` })
  provider.serve(server.page)
  chrome = await Chrome.launch()
})
beforeEach(async () => {
  page = await tab(await chrome.device(), server.page)
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

const anybody = () => `jo.${randomUUID()}@example.org`
const goOn = (on = page) => on.getByRole('button', { name: 'Continue with Panva' }).click()
const panva = (on = page) => on.getByRole('article', { name: 'Panva' })

async function signOut(): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

async function toSecurity(on = page): Promise<void> {
  await on.getByRole('link', { name: 'Security' }).click()
  await on.getByRole('heading', { name: 'Linked accounts' }).waitFor()
}

it('makes an account at the first visit, which proves itself by another one, and signs in to it later', async () => {
  const email = anybody()
  await goOn()
  await signInAtProvider(page, email)
  await page.getByRole('heading', { name: 'Profile' }).waitFor()
  expect(page.url()).toBe(`${server.page}/profile`)
  expect(await page.getByLabel('First name').inputValue()).toBe('Jo')
  await toSecurity()
  await panva().getByText(email).waitFor()
  await page.getByRole('heading', { name: 'Set a password' }).waitFor()

  // The last sign-in method stays.
  await page.getByRole('button', { name: 'Unlink Panva' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click()
  await page.getByText('This is the only way to sign in').waitFor()
  await page.keyboard.press('Escape')

  // There is nothing else to prove it by.
  await sleep(PROOF_MS)
  await page.getByLabel('New password').fill('seven grey geese over Durrës')
  await page.getByRole('button', { name: 'Set a password' }).click()
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await dialog.waitFor()
  await expectAccessible(page)
  await goOn()
  // The page that is left behind has the same heading and field.
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Security' }).waitFor()
  await page.getByLabel('New password').fill('seven grey geese over Durrës')
  await page.getByRole('button', { name: 'Set a password' }).click()
  await page.getByText('Your password is set.').waitFor()
  // The new session took the place of one that was about to connect.
  chrome.forgiveFailedConnections()

  // Whoever comes back with a new key of the provider is taken, too.
  provider.serve(server.page)
  await signOut()
  await goOn()
  await signInAtProvider(page, email)
  await page.getByRole('heading', { name: 'Profile' }).waitFor()
  expect(await page.getByLabel('First name').inputValue()).toBe('Jo')
})

it('is linked and unlinked in the account, seen on another device at once', async () => {
  const customer = await Customer.withAccount(server)
  const other = await tab(await chrome.device(), server.page)
  for (const one of [page, other]) {
    await customer.signIn(one)
    await toSecurity(one)
    await panva(one).getByText('Not linked').waitFor()
  }
  await page.getByRole('button', { name: 'Link Panva' }).click()
  await signInAtProvider(page, customer.email)
  await page.getByText('Panva is linked.').waitFor()
  await expectAccessible(page)
  await panva(other).getByText(customer.email).waitFor()
  await sleep(PROOF_MS)
  await other.getByRole('button', { name: 'Unlink Panva' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click()
  await other.getByRole('dialog').getByLabel('Password', { exact: true }).fill(customer.password)
  await other.keyboard.press('Enter')
  for (const one of [page, other]) await panva(one).getByText('Not linked').waitFor()
})

it('asks for the second factor as well', async () => {
  const customer = await Customer.withAccount(server)
  await customer.signIn(page)
  await toSecurity()
  await page.getByRole('button', { name: 'Link Panva' }).click()
  await signInAtProvider(page, customer.email)
  await page.getByText('Panva is linked.').waitFor()
  const { app } = await turnOnSecondFactor(page)
  await signOut()
  await goOn()
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await page.getByLabel('Code from the authenticator app').fill(app.code())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Profile' }).waitFor()
})

it('takes over no account by its e-mail address', async () => {
  const customer = await Customer.withAccount(server)
  await goOn()
  await signInAtProvider(page, customer.email)
  await page.getByText('Sign in to it, and link Panva under Security.').waitFor()
  await expectAccessible(page)
  // The code in the address can be used once.
  await page.reload()
  await page.getByText('This was already used, or took too long.').waitFor()
})

it('has the address verified by a letter where the provider does not vouch for it', async () => {
  const customer = new Customer(server)
  provider.verified.set(customer.email, false)
  await goOn()
  await signInAtProvider(page, customer.email)
  await page.getByText('We have sent you an e-mail.').waitFor()
  await page.getByLabel('Code from the e-mail').fill(await customer.code())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Profile' }).waitFor()
  await toSecurity()
  await panva().getByText(customer.email).waitFor()
})

it('that is refused there, or is down, says so', async () => {
  await goOn()
  await page.getByRole('link', { name: 'Cancel' }).click()
  await page.getByText('The sign-in was cancelled or refused there.').waitFor()
  await page.getByRole('link', { name: 'Go to sign-in' }).click()
  await goOn()
  provider.fail()
  await signInAtProvider(page, anybody())
  await page.getByText('The server is not available right now.').waitFor()
})
