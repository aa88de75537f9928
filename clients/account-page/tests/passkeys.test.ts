import type { BrowserContext, Page } from 'playwright-core'
import { beforeEach, it } from 'vitest'
import { Authenticator } from '../../typescript/tests/support/authenticator.js'
import { tab } from './support/chrome.js'
import { Customer } from './support/customer.js'
import { Stage } from './support/stage.js'
import { turnOnSecondFactor } from './support/second-factor.js'

const stage = new Stage()
let customer: Customer
beforeEach(async () => {
  customer = await Customer.withAccount(stage.server)
})

/** A device whose authenticator answers requests while its user is present. */
async function device(): Promise<{ context: BrowserContext; page: Page; authenticator: Authenticator }> {
  const context = await stage.chrome.device()
  const page = await tab(context, 'about:blank', '')
  const authenticator = await Authenticator.of(page, { present: false })
  await page.goto(`${stage.server.page}/security`)
  return { context, page, authenticator }
}

const passkey = (page: Page, name: string) => page.getByRole('article', { name })

async function add(page: Page, authenticator: Authenticator): Promise<void> {
  await authenticator.setPresent(true)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('was added.').waitFor()
  await authenticator.setPresent(false)
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

it('is added, signs in by autofill and as second factor on two devices, and is gone from both when it is deleted', async () => {
  const here = await device()
  const there = await device()
  await customer.signIn(here.page)
  await add(here.page, here.authenticator)
  await here.page.getByRole('button', { name: /^Rename/ }).click()
  await here.page.getByLabel('Name', { exact: true }).fill('Key ring')
  await here.page.getByRole('button', { name: 'Save', exact: true }).click()
  await passkey(here.page, 'Key ring').getByText('Not used yet').waitFor()

  // Nothing is pressed: the browser offers it in the field.
  await signOut(here.page)
  for (const { page, authenticator } of [here, there]) {
    if (page === there.page) await authenticator.copy(here.authenticator)
    await authenticator.setPresent(true)
    await page.reload()
    await page.getByRole('heading', { name: 'Security' }).waitFor()
    await passkey(page, 'Key ring').getByText('Last used').waitFor()
    await authenticator.setPresent(false)
  }

  await turnOnSecondFactor(here.page)
  for (const { page, authenticator } of [there, here]) {
    if (page === here.page) await authenticator.copy(there.authenticator)
    await signOut(page)
    await customer.firstStep(page)
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await authenticator.setPresent(true)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await passkey(page, 'Key ring').waitFor()
    await authenticator.setPresent(false)
  }

  await there.page.getByRole('button', { name: 'Delete Key ring' }).click()
  await there.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  for (const { page } of [here, there]) await page.getByText('You have no passkey yet.').waitFor()
  await signOut(here.page)
  await here.authenticator.setPresent(true)
  await here.page.getByRole('button', { name: 'Use a passkey' }).click()
  await here.page.getByText('This passkey does not work here.').waitFor()
})

it('is not added twice by one device, and not without somebody to verify', async () => {
  const { page, authenticator } = await device()
  await customer.signIn(page)
  await add(page, authenticator)
  await authenticator.setPresent(true)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('This device already has a passkey for your account.').waitFor()
  await authenticator.setPresent(false)
  await signOut(page)
  await authenticator.setVerified(false)
  await authenticator.setPresent(true)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByText('No passkey was used').waitFor()
})
