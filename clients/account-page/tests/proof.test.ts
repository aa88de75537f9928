import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Authenticator } from '../../typescript/tests/support/authenticator.js'
import { Server } from '../../typescript/tests/support/server.js'
import { sleep } from '../../typescript/tests/support/wait.js'
import { expectAccessible } from './support/accessible.js'
import { Chrome, tab } from './support/chrome.js'
import { Customer } from './support/customer.js'
import { turnOnSecondFactor } from './support/second-factor.js'

/** How long a session is proven: long enough for a busy machine to make the call again. */
const PROOF_MS = 10_000

let server: Server
let chrome: Chrome
let customer: Customer
let page: Page
let authenticator: Authenticator

beforeAll(async () => {
  server = await Server.start({ MARBELLE_LIFETIMES__PROOF: `${PROOF_MS / 1000}s` })
  chrome = await Chrome.launch()
})
beforeEach(async () => {
  customer = await Customer.withAccount(server)
  const device = await chrome.device()
  page = await tab(device, 'about:blank', '')
  authenticator = await Authenticator.of(page, { present: false })
  await page.goto(`${server.page}/security`)
  await customer.signIn(page)
})
afterEach(() => chrome.endDevices())
afterAll(async () => {
  await chrome?.close()
  await server?.end()
})

const dialog = () => page.getByRole('dialog', { name: 'Confirm that it is you' })

async function begin(): Promise<void> {
  await sleep(PROOF_MS)
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  await dialog().waitFor()
}

it('is asked for in a dialog by the password, and the call is repeated', async () => {
  await begin()
  await expectAccessible(page)
  await dialog().getByLabel('Password', { exact: true }).fill('not this one')
  await dialog().getByRole('button', { name: 'Confirm' }).click()
  await dialog().getByText('This is not your password.').waitFor()
  await dialog().getByLabel('Password', { exact: true }).fill(customer.password)
  await page.keyboard.press('Enter')
  await page.locator('code.key').waitFor()
  expect(await dialog().count()).toBe(0)
})

it('that is not given changes nothing, and says so', async () => {
  for (const leave of [() => page.keyboard.press('Escape'), () => dialog().getByRole('button', { name: 'Cancel' }).click()]) {
    await begin()
    await leave()
    await dialog().waitFor({ state: 'detached' })
    await page.getByText('Nothing was changed').waitFor()
  }
  expect(await page.locator('code.key').count()).toBe(0)
})

it('is asked for by the strongest that there is, above the question that it is for', async () => {
  const { app } = await turnOnSecondFactor(page)
  await authenticator.setPresent(true)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('was added.').waitFor()
  await sleep(PROOF_MS)
  await page.getByRole('button', { name: 'Turn off' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
  await dialog().getByLabel('Code from the authenticator app').fill('1')
  await dialog().getByRole('button', { name: 'Confirm' }).click()
  await dialog().getByText('This code is wrong').waitFor()
  expect(await dialog().getByLabel('Password').count()).toBe(0)
  await dialog().getByRole('button', { name: 'Use a recovery code' }).click()
  await dialog().getByLabel('Recovery code').waitFor()
  await dialog().getByRole('button', { name: 'Use a code from the authenticator app' }).click()
  await dialog().getByLabel('Code from the authenticator app').fill(app.code())
  await page.keyboard.press('Enter')
  await page.getByText('It is off.').waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)

  // A passkey will do as well.
  await begin()
  await dialog().getByRole('button', { name: 'Use a passkey' }).click()
  await page.locator('code.key').waitFor()
})

it('is no longer asked for when the session ends', async () => {
  await begin()
  const other = await tab(page.context(), server.page, '/profile')
  await other.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You were signed out.').waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)
})
