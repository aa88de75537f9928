import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, it } from 'vitest'
import { Authenticator } from '../../typescript/tests/support/authenticator.js'
import { Server } from '../../typescript/tests/support/server.js'
import { sleep } from '../../typescript/tests/support/wait.js'
import { Chrome, tab } from '../tests/support/chrome.js'
import { Customer } from '../tests/support/customer.js'
import { beginSecondFactor, turnOnSecondFactor } from '../tests/support/second-factor.js'

const FOLDER = fileURLToPath(new URL('../../../docs/screens/', import.meta.url))
const PROOF_MS = 15_000

let server: Server
let chrome: Chrome
beforeAll(async () => {
  server = await Server.start({
    MARBELLE_LIFETIMES__PROOF: `${PROOF_MS / 1000}s`,
    MARBELLE_PROVIDERS__GOOGLE__CLIENT_ID: 'the-shop',
    MARBELLE_PROVIDERS__GOOGLE__CLIENT_SECRET: 'of the shop',
  })
  chrome = await Chrome.launch()
})
afterAll(async () => {
  await chrome?.close()
  await server?.end()
})

const DESKTOP = { width: 1440, height: 900 }
const PHONE = { width: 360, height: 740 }

/** A tab of somebody new, who is signed in. */
async function someone(
  colorScheme: 'light' | 'dark',
  viewport: typeof PHONE,
): Promise<{ customer: Customer; page: Page; authenticator: Authenticator; shoot: (name: string) => Promise<void> }> {
  const customer = await Customer.withAccount(server)
  const page = await tab(await chrome.device({ colorScheme, viewport, reducedMotion: 'reduce' }), 'about:blank', '')
  const authenticator = await Authenticator.of(page)
  await page.goto(`${server.page}/security`)
  await customer.signIn(page)
  const shoot = async (name: string) => {
    await page.getByText('Updated from another tab or device.').waitFor({ state: 'detached' })
    await page.screenshot({ path: `${FOLDER}${name}-${colorScheme}-${viewport.width}.png` })
  }
  return { customer, page, authenticator, shoot }
}

async function addPasskey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('was added.').waitFor()
}

it('security', async () => {
  const { page, shoot } = await someone('light', DESKTOP)
  await addPasskey(page)
  await page.reload()
  await page.getByText('Not used yet').waitFor()
  await shoot('security')
  const phone = await someone('dark', PHONE)
  await addPasskey(phone.page)
  await phone.page.reload()
  await phone.page.getByText('Not used yet').waitFor()
  await phone.shoot('security')
})

it('authenticator app and recovery codes', async () => {
  const { page, shoot } = await someone('light', DESKTOP)
  const app = await beginSecondFactor(page)
  await page.getByRole('form', { name: 'Set up an authenticator app' }).scrollIntoViewIfNeeded()
  await page.getByLabel('Code from the authenticator app').focus()
  await shoot('authenticator')
  await page.getByLabel('Code from the authenticator app').fill(app.code())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const phone = await someone('dark', PHONE)
  const other = await beginSecondFactor(phone.page)
  await phone.page.getByLabel('Code from the authenticator app').fill(other.code())
  await phone.page.keyboard.press('Enter')
  await phone.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  await phone.page.getByRole('button', { name: 'I have kept them' }).scrollIntoViewIfNeeded()
  await phone.shoot('recovery-codes')
})

it('sign-in', async () => {
  const { customer, page, authenticator, shoot } = await someone('light', PHONE)
  await addPasskey(page)
  await turnOnSecondFactor(page)
  await authenticator.setPresent(false)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.goto(`${server.page}/sign-in`)
  await page.getByRole('button', { name: 'Continue with Google' }).waitFor()
  await shoot('sign-in')
  await customer.firstStep(page)
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await shoot('second-step')
})

it('proof', async () => {
  const { page, shoot } = await someone('dark', DESKTOP)
  await addPasskey(page)
  await page.reload()
  await page.getByText('Not used yet').waitFor()
  await sleep(PROOF_MS)
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  await page.getByRole('dialog').waitFor()
  await shoot('proof')
})
