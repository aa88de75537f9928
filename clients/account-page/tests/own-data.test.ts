import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Server } from '../../typescript/tests/support/server.js'
import { sleep } from '../../typescript/tests/support/wait.js'
import { expectAccessible } from './support/accessible.js'
import { Chrome, tab } from './support/chrome.js'
import { addAddress, Customer, HOME } from './support/customer.js'

const PROOF_MS = 10_000
/** It would run, were it taken for markup. */
const MARKUP = '</script><script>document.title="gone"</script>'

let server: Server
let chrome: Chrome
let customer: Customer
let page: Page
beforeAll(async () => {
  server = await Server.start({ MARBELLE_LIFETIMES__PROOF: `${PROOF_MS / 1000}s` })
  chrome = await Chrome.launch()
})
beforeEach(async () => {
  customer = await Customer.withAccount(server, { company_name: MARKUP })
  page = await tab(await chrome.device(), server.page)
  await customer.signIn(page)
})
afterEach(() => chrome.endDevices())
afterAll(async () => {
  await chrome?.close()
  await server?.end()
})

async function prove(): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await dialog.getByLabel('Password', { exact: true }).fill(customer.password)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
}

it('is saved as one page that people read, with the same for programs, and runs nothing', async () => {
  await page.getByRole('link', { name: 'Addresses' }).click()
  await addAddress(page, HOME)
  // The log has more than one page of the export.
  await page.evaluate(async () => {
    const edit = (id: number) =>
      fetch('/rpc', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'profile.update', params: { last_name: `Lee ${id}` } }),
      })
    for (let turn = 1; turn <= 250; turn++) await edit(turn)
  })
  await page.getByRole('link', { name: 'Profile' }).click()
  await sleep(PROOF_MS)
  await page.getByRole('button', { name: 'Save my data' }).click()
  const downloads = page.waitForEvent('download')
  await prove()
  const download = await downloads
  await page.getByText('Your data is saved as a file.').waitFor()
  expect(download.suggestedFilename()).toBe('my-data.html')
  const path = await download.path()
  expect(await readFile(path, 'utf8')).not.toContain(MARKUP)

  const device = await chrome.device()
  await device.setOffline(true)
  const file = await device.newPage()
  await file.route('**/*', async (route) => route.fulfill({ path, contentType: 'text/html' }))
  await file.goto(pathToFileURL('/my-data.html').href.replace('file://', 'http://shop.lan'))
  expect(await file.title()).toBe('What Marbelle keeps about you')
  for (const text of [customer.email, 'Hauptstraße 1', MARKUP, 'Chrome, Linux', 'Account created']) {
    await file.getByText(text).first().waitFor()
  }
  await expectAccessible(file)
  const data = JSON.parse((await file.locator('#data').textContent())!) as {
    profile: { email: string; company_name: string }
    addresses: object[]
    events: { revision: number }[]
  }
  expect(data.profile).toMatchObject({ email: customer.email, company_name: MARKUP })
  expect(data.addresses).toHaveLength(1)
  const revisions = data.events.map(({ revision }) => revision)
  expect(revisions.length).toBeGreaterThan(250)
  expect(revisions).toEqual(revisions.map((_, index) => index + 1))
})

it('is deleted by a mailed link, after proof, and every device hears of it', async () => {
  const other = await tab(await chrome.device(), server.page)
  await customer.signIn(other)
  await sleep(PROOF_MS)
  await page.getByRole('button', { name: 'Delete account' }).click()
  await expectAccessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Send the link' }).click()
  await prove()
  await page.getByText(`We have sent a link to ${customer.email}.`).waitFor()
  await page.goto(`${server.page}/confirm-deletion?token=${await customer.token('confirm-deletion')}`)
  await expectAccessible(page)
  // Looking at it deletes nothing.
  expect(await other.getByRole('heading', { name: 'Profile' }).count()).toBe(1)
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await page.getByText('Your account is deleted.').waitFor()
  await other.getByText('This account was deleted.').waitFor()
  await customer.firstStep(other)
  await other.getByText('E-mail address or password is wrong.').waitFor()
})
