import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, it } from 'vitest'
import { Chrome, tab } from '../tests/support/chrome.js'
import { addAddress, Customer, HOME } from '../tests/support/customer.js'
import { type Locale, Shops, Tour } from '../tests/support/tour.js'

const FOLDER = fileURLToPath(new URL('../../../docs/screens/', import.meta.url))
const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1280, height: 900 }

let shops: Shops
let chrome: Chrome
beforeAll(async () => {
  shops = await Shops.open()
  chrome = await Chrome.launch()
})
afterAll(async () => {
  await chrome?.close()
  await shops?.close()
})

type Look = readonly [Locale, 'light' | 'dark', typeof PHONE, Readonly<Record<string, string>>]

/** Which views are kept of a tour, and by what name. */
const LOOKS: readonly Look[] = [
  ['en', 'light', PHONE, { 'sign-in': 'sign-in', 'check mail': 'check-mail', addresses: 'addresses', proof: 'proof' }],
  ['de', 'dark', PHONE, { register: 'register', devices: 'devices', 'security, passkey added': 'security' }],
  ['sq', 'light', PHONE, { 'second step': 'second-step', 'signed out elsewhere': 'signed-out', profile: 'profile' }],
  ['sq', 'light', DESKTOP, { 'sign-in': 'sign-in', invitation: 'invitation' }],
  ['en', 'light', DESKTOP, { 'security, passkey added': 'security', 'profile, deletion': 'deletion' }],
  ['de', 'dark', DESKTOP, { 'security, recovery codes': 'recovery-codes', addresses: 'addresses' }],
]

it.each(LOOKS)(
  'views in %s, %s',
  async (locale, colorScheme, viewport, kept) => {
    const tour = new Tour(shops, chrome, locale, { colorScheme, viewport }, async (page, view) => {
      if (kept[view] !== undefined) await shoot(page, `${kept[view]}-${locale}-${colorScheme}-${viewport.width}`)
    })
    await tour.visitor()
    await tour.owner()
  },
  240_000,
)

it('what somebody types while it is changed on another device', async () => {
  const server = shops.everything
  const customer = await Customer.withAccount(server)
  const open = async () => {
    const page = await tab(await chrome.device({ viewport: DESKTOP, reducedMotion: 'reduce' }), server.page)
    await customer.signIn(page)
    await page.getByRole('link', { name: 'Addresses' }).click()
    return page
  }
  const [mine, other] = [await open(), await open()]
  await addAddress(mine, HOME)
  for (const [page, city] of [[mine, 'Potsdam'], [other, 'Hamburg']] as const) {
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('City').fill(city)
  }
  await other.getByRole('button', { name: 'Save', exact: true }).click()
  await mine.getByText('Changed elsewhere to').waitFor()
  await mine.getByLabel('City').focus()
  await shoot(mine, `elsewhere-en-light-${DESKTOP.width}`)
})

async function shoot(page: Page, name: string): Promise<void> {
  await page.locator('.news p').waitFor({ state: 'detached' })
  // What has the focus is in the middle; on the rest of the page, its beginning is shown.
  await page.evaluate(() => {
    const dialog = document.querySelector('dialog[open]')
    const part = document.querySelector('.codes') ?? document.querySelector('[aria-labelledby="own-data"]:has(.notice)')
    if (!dialog && part) part.scrollIntoView({ block: 'center' })
    else if (!dialog && document.activeElement?.matches('input')) document.activeElement.scrollIntoView({ block: 'center' })
    else if (!dialog) scrollTo(0, 0)
  })
  await page.screenshot({ path: `${FOLDER}${name}.png` })
}
