import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Server } from '../../typescript/tests/support/server.js'
import { Cable } from './support/cable.js'
import { Chrome, tab } from './support/chrome.js'
import { addAddress, Customer, HOME } from './support/customer.js'

let server: Server
let chrome: Chrome
let customer: Customer
/** What each device is connected by. */
let here: Cable
let there: Cable
/** Two tabs of one device, and two of another. */
let a: Page
let b: Page
let c: Page
let d: Page

beforeAll(async () => {
  here = await Cable.lay()
  there = await Cable.lay()
  server = await Server.start({ MARBELLE_ALLOWED_ORIGINS: `${here.origin},${there.origin}` })
  for (const cable of [here, there]) cable.plugIn(server.page)
  chrome = await Chrome.launch()
})
beforeEach(async () => {
  customer = await Customer.withAccount(server)
  const [mine, other] = [await chrome.device(), await chrome.device()]
  a = await tab(mine, here.origin, '/profile')
  b = await tab(mine, here.origin, '/profile')
  c = await tab(other, there.origin, '/profile')
  d = await tab(other, there.origin, '/profile')
  await customer.signIn(a)
  await customer.signIn(c)
  // Their devices' other tabs hear of it.
  for (const page of [b, d]) await page.getByRole('heading', { name: 'Profile' }).waitFor()
})
afterEach(async () => {
  for (const cable of [here, there]) cable.mend()
  await chrome.endDevices()
})
afterAll(async () => {
  await chrome?.close()
  await server?.end()
  for (const cable of [here, there]) await cable?.remove()
})

const firstName = (page: Page) => page.getByLabel('First name')

async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
}

async function toAddresses(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await page.getByRole('link', { name: 'Addresses' }).click()
    await page.getByRole('heading', { name: 'Addresses' }).waitFor()
  }
}

it('shows an edit in every tab of both devices, and overwrites nobody’s typing', async () => {
  await firstName(b).fill('Bea')
  await b.getByLabel('Company').fill('Sea & Sons')
  await firstName(a).fill('Anna')
  await a.getByLabel('Last name').fill('Leigh')
  await save(a)
  for (const page of [c, d]) {
    await expect.poll(() => firstName(page).inputValue()).toBe('Anna')
    await page.getByText('Updated from another tab or device.').waitFor()
  }
  expect(await a.getByText('Updated from another tab or device.').count()).toBe(0)

  // What is typed stays, what is not typed follows, and what changed under the typing is said.
  await b.getByText('Changed elsewhere to “Anna”.').waitFor()
  expect(await firstName(b).inputValue()).toBe('Bea')
  expect(await b.getByLabel('Last name').inputValue()).toBe('Leigh')
  expect(await b.getByLabel('Company').inputValue()).toBe('Sea & Sons')
  await b.getByRole('button', { name: 'Use that' }).click()
  expect(await firstName(b).inputValue()).toBe('Anna')
  await save(b)
  for (const page of [a, c, d]) await expect.poll(() => page.getByLabel('Company').inputValue()).toBe('Sea & Sons')
})

it('keeps one primary address while a tab here sets it and a tab there edits', async () => {
  await toAddresses(a, b, c, d)
  await addAddress(a, HOME)
  await addAddress(a, { ...HOME, 'Name of this address': 'Office' })
  const office = (page: Page) => page.getByRole('article', { name: 'Office' })
  await office(c).getByRole('button', { name: 'Edit' }).click()
  await c.getByLabel('City').fill('Durrës')
  await office(b).getByRole('button', { name: 'Make primary' }).click()
  for (const page of [a, b, d]) await office(page).getByText('Primary', { exact: true }).waitFor()
  expect(await c.getByLabel('City').inputValue()).toBe('Durrës')
  // One click more, in the same instant as one there.
  await Promise.all([
    c.getByRole('button', { name: 'Save', exact: true }).click(),
    b.getByRole('article', { name: 'Home' }).getByRole('button', { name: 'Make primary' }).click(),
  ])
  for (const page of [a, b, d]) {
    await page.getByRole('article', { name: 'Home' }).getByText('Primary', { exact: true }).waitFor()
    expect(await page.getByText('Primary', { exact: true }).count()).toBe(1)
  }
  // The edit was saved, or refused because the address had changed: then once more.
  await expect
    .poll(async () => {
      const again = c.getByRole('button', { name: 'Save', exact: true })
      if (await again.isVisible()) await again.click()
      return office(a).getByText('Durrës').count()
    })
    .toBe(1)
})

it('keeps what was typed of an address that is deleted elsewhere', async () => {
  await toAddresses(a, c)
  await addAddress(a, HOME)
  await addAddress(a, { ...HOME, 'Name of this address': 'Office' })
  await c.getByRole('article', { name: 'Office' }).getByRole('button', { name: 'Edit' }).click()
  await c.getByLabel('City').fill('Durrës')
  await a.getByRole('article', { name: 'Office' }).getByRole('button', { name: 'Delete' }).click()
  await a.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await c.getByText('This address was deleted elsewhere.').waitFor()
  expect(await c.getByLabel('City').inputValue()).toBe('Durrës')
  await c.getByRole('button', { name: 'Save as a new address' }).click()
  await a.getByRole('article', { name: 'Office' }).getByText('Durrës').waitFor()
})

it('catches up with ten changes after it was offline', async () => {
  here.cut()
  await a.context().setOffline(true)
  for (const page of [a, b]) await page.getByText('No connection.').waitFor()
  for (let turn = 1; turn <= 10; turn++) {
    await c.getByLabel('Last name').fill(`Lee ${turn}`)
    await save(c)
  }
  expect(await a.getByLabel('Last name').inputValue()).toBe('Lee')
  here.mend()
  await a.context().setOffline(false)
  for (const page of [a, b]) {
    await expect.poll(() => page.getByLabel('Last name').inputValue()).toBe('Lee 10')
    await page.getByText('Live: changes').waitFor()
  }
  chrome.forgiveFailedConnections()
})

it('goes on after the server was killed and restarted', async () => {
  await firstName(a).fill('Anna')
  await server.kill()
  for (const page of [a, b, c, d]) await page.getByText('No connection.').waitFor()
  await a.getByRole('button', { name: 'Save', exact: true }).click()
  await a.getByRole('alert').waitFor()
  expect(await firstName(a).inputValue()).toBe('Anna')
  await server.restart()
  for (const page of [a, b, c, d]) await page.getByText('Live: changes').waitFor({ timeout: 40_000 })
  await save(a)
  for (const page of [b, c, d]) await expect.poll(() => firstName(page).inputValue()).toBe('Anna')
  chrome.forgiveFailedConnections()
})

it('signs out here, there, or everywhere, and says why', async () => {
  await a.getByRole('button', { name: 'Sign out' }).click()
  for (const page of [a, b]) await page.getByText('You were signed out.').waitFor()
  const left = (await a.context().cookies()).filter(({ name }) => name.startsWith('marbelle_session'))
  expect(left, 'the cookie of the known device stays').toEqual([])
  await firstName(c).fill('Anna')
  await save(c)

  // From the list of devices.
  await customer.signIn(b)
  await a.getByRole('link', { name: 'Devices' }).click()
  await expect.poll(() => a.getByText('Connected now').count()).toBe(2)
  await a.getByRole('button', { name: /^Sign out Chrome/ }).click()
  for (const page of [c, d]) await page.getByText('This device was signed out from another one.').waitFor()
  await expect.poll(() => a.getByRole('article').count()).toBe(1)

  await customer.signIn(c)
  await expect.poll(() => a.getByRole('article').count()).toBe(2)
  await a.getByRole('button', { name: 'Sign out all other devices' }).click()
  for (const page of [c, d]) await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await expect.poll(() => a.getByRole('article').count()).toBe(1)

  await customer.signIn(d)
  await a.getByRole('button', { name: 'Sign out everywhere' }).click()
  await a.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  for (const page of [a, b, c, d]) await page.getByText('You were signed out.').waitFor()
})

it('signs all out when a change of e-mail address is confirmed', async () => {
  const next = customer.email.replace('ann.', 'anna.')
  await a.getByRole('button', { name: 'Change e-mail address' }).click()
  await a.getByLabel('New e-mail address').fill(next)
  await a.getByLabel('Current password').fill(customer.password)
  await a.getByRole('button', { name: 'Send the link' }).click()
  for (const page of [a, b, c, d]) await page.getByText(`the link that we have sent to ${next}`).waitFor()

  await c.goto(`${there.origin}/confirm-email-change?token=${await customer.token('confirm-email-change', next)}`)
  // Looking at it changes nothing.
  await c.getByRole('heading', { name: 'Confirm your new e-mail address' }).waitFor()
  await a.getByText(`the link that we have sent to ${next}`).waitFor()
  await c.getByRole('button', { name: 'Confirm e-mail address' }).click()
  await c.getByText('Your e-mail address is changed.').waitFor()
  for (const page of [a, b, d]) await page.getByText('Sign in with the new address.').waitFor()
  customer.email = next
  expect(await c.getByLabel('E-mail address').inputValue()).toBe(next)
  await customer.signIn(c)
})

it('signs other devices out when the password changes, and goes on here as if nothing had happened', async () => {
  await a.getByRole('link', { name: 'Security' }).click()
  await a.getByText('Account created').waitFor()
  for (const page of [a, b]) await watchForFlicker(page)
  await a.getByLabel('Current password').fill(customer.password)
  await a.getByLabel('New password').fill('seven grey geese over Durrës')
  await a.getByRole('button', { name: 'Change password' }).click()
  await a.getByText('One other device was signed out.').waitFor()
  for (const page of [c, d]) await page.getByText('Your password was changed').waitFor()
  // Both are live by the new cookie: an edit in one is shown in the other.
  await firstName(b).fill('Anna')
  await save(b)
  await a.getByText('Anna Lee').waitFor()
  for (const page of [a, b]) expect(await flicker(page)).toEqual([])
})

/** Notes whatever the page shows of a lost connection or session. */
function watchForFlicker(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen: string[] = []
    const look = () => {
      const state = document.querySelector('footer .state')
      if (state === null || !state.classList.contains('live')) seen.push(document.body.innerText.slice(0, 200))
    }
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true })
    Object.assign(globalThis, { seen })
  })
}

function flicker(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)
}
