import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeEach, expect, it } from 'vitest'
import { tab } from './support/chrome.js'
import { Customer } from './support/customer.js'
import { readQrCode } from './support/qr-code.js'
import { beginSecondFactor, keptCodes, type SecondFactor, turnOnSecondFactor } from './support/second-factor.js'
import { Stage } from './support/stage.js'

const stage = new Stage()
let customer: Customer
let page: Page
beforeEach(async () => {
  customer = await Customer.withAccount(stage.server)
  // As sharp as the cameras of phones want it.
  const device = await stage.chrome.device({ deviceScaleFactor: 3 })
  await device.grantPermissions(['clipboard-read', 'clipboard-write'])
  page = await tab(device, stage.server.page, '/security')
  await customer.signIn(page)
})

async function signOut(): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

/** Up to where the second factor is asked for. */
async function signInByHalf(): Promise<void> {
  await customer.firstStep(page)
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
}

it('is turned on by its key, seen on another device at once, and turned off there', async () => {
  const other = await tab(await stage.chrome.device(), stage.server.page, '/security')
  await customer.signIn(other)
  await other.getByText('It is off.').waitFor()
  const app = await beginSecondFactor(page)
  expect(await readQrCode(page)).toContain(`secret=${(await page.locator('code.key').innerText()).replaceAll(' ', '')}`)
  await page.getByLabel('Code from the authenticator app').fill('000000')
  await page.getByRole('button', { name: 'Turn on' }).click()
  await page.getByText('This code is wrong').waitFor()
  await page.getByLabel('Code from the authenticator app').fill(app.code())
  await page.getByRole('button', { name: 'Turn on' }).click()
  expect(await keptCodes(page)).toHaveLength(10)
  await other.getByText('It is on. You have 10 recovery codes left.').waitFor()
  await other.getByRole('button', { name: 'Turn off' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
  for (const one of [page, other]) await one.getByText('It is off.').waitFor()
})

it('is asked for by the sign-in: a code, or a recovery code, each once', async () => {
  const { app, recoveryCodes }: SecondFactor = await turnOnSecondFactor(page)
  await signOut()
  await signInByHalf()
  await page.getByLabel('Code from the authenticator app').fill('12')
  await page.keyboard.press('Enter')
  await page.getByText('This code is wrong').waitFor()
  await page.getByLabel('Code from the authenticator app').fill(app.code().replace(/^.../, '$& '))
  await page.keyboard.press('Enter')
  await page.getByText('It is on.').waitFor()
  for (const isFirst of [true, false]) {
    await signOut()
    await signInByHalf()
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(recoveryCodes[0]!)
    await page.keyboard.press('Enter')
    if (isFirst) await page.getByText('You have 9 recovery codes left.').waitFor()
    else await page.getByText('This is not one of your recovery codes').waitFor()
    if (isFirst) continue
    for (let wrong = 2; wrong <= 5; wrong++) {
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('form:not([aria-busy="true"])').first().waitFor()
    }
  }
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('there were too many wrong codes').waitFor()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

it('has recovery codes to copy, to download and to print, and new ones make them void', async () => {
  const app = await beginSecondFactor(page)
  await page.getByLabel('Code from the authenticator app').fill(app.code())
  await page.getByRole('button', { name: 'Turn on' }).click()
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const codes = await page.locator('.codes li').allInnerTexts()
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied.').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join('\n'))

  const downloads = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  const download = await downloads
  expect(download.suggestedFilename()).toBe('recovery-codes.txt')
  const text = await readFile(await download.path(), 'utf8')
  expect(text.split('\n')).toEqual([`Recovery codes of ${customer.email} for Marbelle`, '', ...codes, ''])

  await page.evaluate(() => Object.assign(globalThis, { print: () => document.body.setAttribute('data-printed', '') }))
  await page.getByRole('button', { name: 'Print' }).click()
  await page.locator('body[data-printed]').waitFor()
  await page.emulateMedia({ media: 'print' })
  for (const code of [codes[0]!, codes[9]!]) expect(await page.getByText(code).isVisible()).toBe(true)
  await page.getByText(`Recovery codes of ${customer.email}`).waitFor()
  for (const text of ['Recent activity', 'Download']) expect(await page.getByText(text).first().isVisible()).toBe(false)
  await page.emulateMedia({ media: null })

  await page.getByRole('button', { name: 'I have saved them' }).click()
  await page.getByRole('button', { name: 'Make new recovery codes' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make new recovery codes' }).click()
  const renewed = await keptCodes(page)
  expect(renewed.filter((code) => codes.includes(code))).toEqual([])
  await page.reload()
  await page.getByText('You have 10 recovery codes left.').waitFor()
  expect(await page.locator('.codes').count()).toBe(0)
})

it('takes the place of the present password where the password changes', async () => {
  await page.getByLabel('Current password').waitFor()
  await turnOnSecondFactor(page)
  await page.getByLabel('Current password').waitFor({ state: 'detached' })
  await page.getByLabel('New password').fill('seven grey geese over Durrës')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Your password is changed.').waitFor()
})
