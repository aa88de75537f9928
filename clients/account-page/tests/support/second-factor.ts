import type { Page } from 'playwright-core'
import { AuthenticatorApp } from '../../../typescript/tests/support/totp.js'

export interface SecondFactor {
  readonly app: AuthenticatorApp
  readonly recoveryCodes: readonly string[]
}

/** Turns the second factor on, on the page of security, and keeps the recovery codes. */
export async function turnOnSecondFactor(page: Page): Promise<SecondFactor> {
  const app = await beginSecondFactor(page)
  await page.getByLabel('Code from the authenticator app').fill(app.code())
  await page.getByRole('button', { name: 'Turn on' }).click()
  const recoveryCodes = await keptCodes(page)
  return { app, recoveryCodes }
}

/** Up to where the app's code is asked for. */
export async function beginSecondFactor(page: Page): Promise<AuthenticatorApp> {
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  return new AuthenticatorApp((await page.locator('code.key').innerText()).replaceAll(' ', ''))
}

/** The recovery codes that are shown, and not any more. */
export async function keptCodes(page: Page): Promise<readonly string[]> {
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const codes = await page.locator('.codes li').allInnerTexts()
  await page.getByRole('button', { name: 'I have saved them' }).click()
  return codes
}
