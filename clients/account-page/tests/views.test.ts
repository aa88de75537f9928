import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LANGUAGES } from '../src/language.js'
import { expectAccessible } from './support/accessible.js'
import { Chrome } from './support/chrome.js'
import { type Locale, Shops, Tour } from './support/tour.js'

let shops: Shops
let chrome: Chrome
beforeAll(async () => {
  shops = await Shops.open()
  chrome = await Chrome.launch()
})
afterEach(() => chrome.endDevices())
afterAll(async () => {
  await chrome?.close()
  await shops?.close()
})

const PHONE = { width: 390, height: 844 }
const WIDTHS = [320, PHONE.width, 1280]
/** In CSS pixels: what Apple asks for, and a little under what Google does. */
const TARGET = 44

/** What a field may say of itself to browsers and password managers (HTML, "Autofill"). */
const AUTOCOMPLETE: Readonly<Record<string, readonly string[]>> = {
  email: ['username', 'username webauthn'],
  username: ['username'],
  new_email: ['email'],
  password: ['current-password', 'new-password'],
  current_password: ['current-password'],
  new_password: ['new-password'],
  code: ['one-time-code'],
  totp: ['one-time-code'],
  recovery_code: ['off'],
  first_name: ['given-name'],
  last_name: ['family-name'],
  company_name: ['organization'],
  company: ['organization'],
  phone: ['tel'],
  locale: ['language'],
  label: ['off'],
  name: ['off'],
  address_line_1: ['address-line1'],
  address_line_2: ['address-line2'],
  postal_code: ['postal-code'],
  city: ['address-level2'],
  state: ['address-level1'],
  country: ['country-name'],
}

/** What reaches out of the window, or is cut at its own edge. */
function overflowing(): string[] {
  const cut = [...document.querySelectorAll('button, a, label, h1, h2, h3, h4, p, li, dialog, .badge')].filter(
    // A name in the head may end in dots.
    (element) => element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && !element.matches('.who, .skip'),
  )
  const wide = document.documentElement.scrollWidth > innerWidth ? [`the page: ${document.documentElement.scrollWidth}`] : []
  return [...wide, ...cut.map(({ outerHTML }) => outerHTML.slice(0, 200))]
}

/** What a finger may miss. */
function small(target: number): string[] {
  return [...document.querySelectorAll<HTMLElement>('button, a, select, input:not([hidden]):not([type="checkbox"]), .check')]
    .filter((element) => !element.matches('.skip') && element.checkVisibility())
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect()
      // A link in a sentence is as wide as its word.
      return height < target || (width < target && !element.matches('p > a'))
    })
    .map((element) => `${element.outerHTML.slice(0, 120)} ${JSON.stringify(element.getBoundingClientRect())}`)
}

interface FieldSeen {
  readonly name: string
  readonly autocomplete: string
  readonly hasUsername: boolean
}

function fields(): FieldSeen[] {
  const seen = [...document.querySelectorAll<HTMLInputElement>('input:not([type="checkbox"]), select')]
  return seen.map((field) => ({
    name: field.name,
    autocomplete: field.getAttribute('autocomplete') ?? '',
    hasUsername: field.form?.querySelector('[autocomplete~="username"]') != null,
  }))
}

describe.each(Object.keys(LANGUAGES) as Locale[])('every view in %s', (locale) => {
  const views: string[] = []
  async function look(page: Page, view: string): Promise<void> {
    views.push(view)
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: PHONE.height })
      expect(await page.evaluate(overflowing), `${view}, ${width} pixels wide`).toEqual([])
    }
    await page.setViewportSize(PHONE)
    expect(await page.evaluate(small, TARGET), view).toEqual([])
    for (const { name, autocomplete, hasUsername } of await page.evaluate(fields)) {
      expect(AUTOCOMPLETE[name], `${view}: ${name}`).toContain(autocomplete)
      if (autocomplete === 'new-password') expect(hasUsername, `${view}: ${name}`).toBe(true)
    }
    expect(await page.evaluate(() => document.documentElement.lang), view).toBe(locale)
    // In English it is asked in accessible.test.ts, in more looks.
    if (locale !== 'en') await expectAccessible(page)
  }

  it.each(['visitor', 'owner'] as const)(
    'fits on phones and desktops, is hit by a finger, and tells browsers what its fields are: %s',
    async (who) => {
      const tour = new Tour(shops, chrome, locale, { viewport: PHONE, hasTouch: true, isMobile: true }, look)
      await tour[who]()
      expect(views.length).toBeGreaterThan(20)
    },
    180_000,
  )
})
