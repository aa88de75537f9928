import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { Authenticator } from '../../typescript/tests/support/authenticator.js'
import { LANGUAGES } from '../src/language.js'
import { expectAccessible } from './support/accessible.js'
import { tab } from './support/chrome.js'
import { addAddress, Customer, HOME } from './support/customer.js'
import { beginSecondFactor } from './support/second-factor.js'
import { Stage } from './support/stage.js'

const stage = new Stage()

/** Nothing reaches out of the window sideways. */
async function expectToFit(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), page.url()).toBe(true)
}

async function look(page: Page): Promise<void> {
  await expectToFit(page)
  await expectAccessible(page)
}

const LOOKS = [
  ['light', 1440],
  ['dark', 1440],
  ['light', 360],
  ['dark', 360],
] as const

it.each(LOOKS)('breaks no rule of axe-core for visitors, %s, %i pixels wide', async (colorScheme, width) => {
  const device = await stage.chrome.device({ colorScheme, viewport: { width, height: 740 }, reducedMotion: 'reduce' })
  const page = await tab(device, stage.server.page)
  for (const language of ['Deutsch', 'Shqip', 'English']) {
    await page.getByRole('button', { name: language }).click()
    await look(page)
  }
  await page.goto(`${stage.server.page}/register`)
  await page.getByRole('button', { name: 'Create account' }).click()
  await look(page)
  await page.goto(`${stage.server.page}/forgotten-password`)
  await page.getByLabel('E-mail address').fill('nobody@example.org')
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await look(page)
  for (const path of ['/verify-email', '/password-reset', '/confirm-email-change']) {
    await page.goto(`${stage.server.page}${path}`)
    await page.getByText('This page is opened by a link').waitFor()
    await look(page)
    await page.goto(`${stage.server.page}${path}?token=x`)
    await page.locator('form').waitFor()
    await look(page)
  }
})

it.each(LOOKS)('breaks no rule of axe-core in the account, %s, %i pixels wide', async (colorScheme, width) => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device({ colorScheme, viewport: { width, height: 740 }, reducedMotion: 'reduce' })
  const page = await tab(device, stage.server.page)
  const authenticator = await Authenticator.of(page)
  await customer.signIn(page)
  await page.getByLabel('Phone').fill('12')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Please enter a valid number').waitFor()
  await page.getByRole('button', { name: 'Change e-mail address' }).click()
  await look(page)
  await page.getByLabel('New e-mail address').fill('anna@example.org')
  await page.getByLabel('Current password').fill(customer.password)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText('the link that we have sent to').waitFor()
  await look(page)

  await page.getByRole('link', { name: 'Addresses' }).click()
  await look(page)
  await addAddress(page, HOME)
  await addAddress(page, { ...HOME, 'Name of this address': 'The office with a very long name, as some have' })
  await look(page)
  await page.getByRole('article', { name: 'Home' }).getByRole('button', { name: 'Edit' }).click()
  await look(page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('article', { name: 'Home' }).getByRole('button', { name: 'Delete' }).click()
  await look(page)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByText('Connected now').waitFor()
  await look(page)
  await page.getByRole('link', { name: 'Security' }).click()
  await page.getByText('Account created').waitFor()
  await look(page)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('was added.').waitFor()
  await look(page)
  await page.getByRole('button', { name: /^Rename/ }).click()
  await look(page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: /^Delete/ }).click()
  await look(page)
  await page.keyboard.press('Escape')
  const app = await beginSecondFactor(page)
  await look(page)
  await page.getByLabel('Code from the authenticator app').fill(app.code())
  await page.getByRole('button', { name: 'Turn on' }).click()
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  await look(page)

  await page.goto(`${stage.server.page}/dev/mail?to=${customer.email}`)
  await look(page)
  await page.getByRole('link', { name: 'Confirm' }).first().click()
  await look(page)

  // Whoever is not there cannot be signed in by autofill.
  await authenticator.setPresent(false)
  await page.goto(stage.server.page)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await customer.firstStep(page)
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await look(page)
  await page.getByRole('button', { name: 'Use a recovery code' }).click()
  await page.keyboard.press('Enter')
  await page.getByText('Please fill this in.').waitFor()
  await look(page)
})

it('has the regions that are read out before there is something to read', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  const mark = () =>
    page.evaluate(() => {
      for (const region of document.querySelectorAll('[role="status"]')) {
        if (getComputedStyle(region).display !== 'none') region.setAttribute('data-was-there', '')
      }
    })
  const heard = (text: string) => page.locator('[data-was-there]').getByText(text).waitFor()
  await mark()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.locator('[data-was-there]:text-is("Saved.")').waitFor()
  const other = await tab(page.context(), stage.server.page, '/profile')
  await page.getByLabel('First name').fill('Bea')
  await mark()
  await other.getByLabel('First name').fill('Anna')
  await other.getByRole('button', { name: 'Save', exact: true }).click()
  await heard('Changed elsewhere')
  await page.getByRole('link', { name: 'Security' }).click()
  await page.getByLabel('Current password').fill(customer.password)
  await page.getByLabel('New password').fill('seven grey geese over Durrës')
  await mark()
  await page.getByRole('button', { name: 'Change password' }).click()
  await heard('Your password is changed.')
})

it('shows without colours where one is', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device({ forcedColors: 'active' }), stage.server.page)
  await customer.signIn(page)
  const outline = (name: string) =>
    page.getByRole('link', { name }).evaluate((link) => getComputedStyle(link).outlineStyle)
  expect([await outline('Profile'), await outline('Devices')]).toEqual(['solid', 'none'])
})

it.each(Object.values(LANGUAGES))('names every button by what it shows, in $language', ({ devices }) => {
  expect(devices.signOutOf('Chrome').toLowerCase()).toContain(devices.signOut.toLowerCase())
})

it('is used by keyboard alone', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
  const tabTo = async (name: string | RegExp) => {
    for (let turn = 0; turn < 40; turn++) {
      await page.keyboard.press('Tab')
      const text = await focused()
      if (typeof name === 'string' ? text === name : name.test(text)) return
    }
    throw new Error(`no ${name} is reached by Tab`)
  }
  await page.getByLabel('E-mail address').focus()
  await page.keyboard.type(customer.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(customer.password)
  await page.keyboard.press('Enter')
  await page.getByText('Live: changes').waitFor()

  // The focus goes to the heading of each page that is opened, the dialog keeps it, and gives it back.
  await tabTo('Addresses')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  expect(await focused()).toBe('Addresses')
  await addAddress(page, HOME)
  await addAddress(page, { ...HOME, 'Name of this address': 'Office' })
  await page.getByRole('heading', { name: 'Addresses' }).focus()
  await tabTo('Delete')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  expect(await focused()).toBe('Cancel')
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await expect.poll(focused).toBe('Delete')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await tabTo('Delete')
  await page.keyboard.press('Enter')
  await page.getByRole('article', { name: 'Office Primary' }).waitFor()
  expect(await page.getByRole('article').count()).toBe(1)
})
