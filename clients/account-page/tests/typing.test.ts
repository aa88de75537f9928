import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { tab } from './support/chrome.js'
import { addAddress, call, Customer, HOME } from './support/customer.js'
import { Stage } from './support/stage.js'

const stage = new Stage()

const OFFICE = { ...HOME, 'Name of this address': 'Office' }

/** A page whose server's answers wait to be let through from the first edit on. */
async function slowTab(): Promise<{ page: Page; answer: () => void }> {
  const device = await stage.chrome.device()
  const late: (() => void)[] = []
  let isHeld = false
  let isOver = false
  await device.routeWebSocket(/\/rpc$/, (near) => {
    const far = near.connectToServer()
    near.onMessage((text) => {
      if (/"profile.update"/.test(String(text)) && !isOver) isHeld = true
      far.send(text)
    })
    far.onMessage((text) => {
      if (isHeld) late.push(() => near.send(text))
      else near.send(text)
    })
  })
  const answer = () => {
    isHeld = false
    isOver = true
    for (const send of late) send()
  }
  return { page: await tab(device, stage.server.page), answer }
}

it('keeps what is typed while a save is under way', async () => {
  const customer = await Customer.withAccount(stage.server)
  const { page, answer } = await slowTab()
  await customer.signIn(page)
  const form = page.getByRole('form', { name: 'Personal details' })
  const [first, last] = [form.getByLabel('First name'), form.getByLabel('Last name')]
  await first.fill('Anna')
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await expect.poll(() => form.getAttribute('aria-busy')).toBe('true')
  await last.fill('Leigh')
  await first.fill('Annabel')
  await page.getByText('Anna Lee').waitFor()
  answer()
  await expect.poll(() => form.getAttribute('aria-busy')).toBe('false')
  expect([await first.inputValue(), await last.inputValue()]).toEqual(['Annabel', 'Leigh'])
  expect(await page.getByText('Changed elsewhere').count()).toBe(0)
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  await page.getByText('Annabel Leigh').waitFor()
})

it('takes what the server tidied for no change elsewhere', async () => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device()
  const [page, other] = [await tab(device, stage.server.page, '/profile'), await tab(device, stage.server.page, '/profile')]
  await customer.signIn(page)
  await page.getByLabel('First name').fill('  Zoe\u0308 ')
  await other.getByLabel('First name').fill('Zo\u00eb')
  await other.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Updated from another tab').waitFor()
  expect(await page.getByText('Changed elsewhere').count()).toBe(0)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  expect(await page.getByLabel('First name').inputValue()).toBe('Zo\u00eb')
})

it('keeps what a program types into several fields at once', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  await page.evaluate(() => {
    for (const [name, value] of Object.entries({ first_name: 'Anna', last_name: 'Leigh', company_name: 'Sea' })) {
      const input = document.querySelector<HTMLInputElement>(`input[name="${name}"]`)!
      input.value = value
      input.dispatchEvent(new Event('input', { bubbles: true }))
    }
  })
  for (const [label, value] of [['First name', 'Anna'], ['Last name', 'Leigh'], ['Company', 'Sea']] as const) {
    await expect.poll(() => page.getByLabel(label).inputValue()).toBe(value)
  }
})

it('tidies a phone number that Enter sends', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  await page.getByLabel('Phone').fill('0049 (30) 90-18 20')
  await page.getByLabel('Phone').press('Enter')
  await page.getByText('Saved.').waitFor()
  expect(await page.getByLabel('Phone').inputValue()).toBe('+4930901820')
})

it('cuts no password', async () => {
  const page = await tab(await stage.chrome.device(), stage.server.page, '/register')
  const long = 'a long walk by the sea '.repeat(20)
  await page.getByLabel('Password', { exact: true }).focus()
  await page.keyboard.insertText(long)
  expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe(long)
})

it('does not say that a letter was sent when it was not', async () => {
  const somebody = new Customer(stage.server)
  const { email, password } = somebody
  await call(stage.server, 'auth.register', { email, password, first_name: 'Ann', last_name: 'Lee' })
  const device = await stage.chrome.device()
  const page = await tab(device, stage.server.page)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('wrong').waitFor()
  await device.setOffline(true)
  await page.getByRole('button', { name: 'Send the e-mail again' }).click()
  await page.getByRole('alert').getByText('No answer came').waitFor()
  stage.chrome.forgiveFailedConnections()
})

it('keeps what is typed when the page is left, and when the session ends, for its owner', async () => {
  const [customer, other] = [await Customer.withAccount(stage.server), await Customer.withAccount(stage.server)]
  const page = await tab(await stage.chrome.device(), stage.server.page, '/profile')
  const company = page.getByLabel('Company')
  await customer.signIn(page)
  await company.fill('Sea & Sons')
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('link', { name: 'Profile' }).click()
  await page.getByText('is not saved yet').waitFor()
  expect(await company.inputValue()).toBe('Sea & Sons')

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await other.signIn(page)
  expect(await company.inputValue()).toBe('')
  expect(await page.getByText('is not saved yet').count()).toBe(0)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await customer.signIn(page)
  expect(await company.inputValue()).toBe('Sea & Sons')
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect.poll(() => company.inputValue()).toBe('')
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('link', { name: 'Profile' }).click()
  await company.waitFor()
  expect(await company.inputValue()).toBe('')
})

it('lets no other card end an edit', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  await page.getByRole('link', { name: 'Addresses' }).click()
  await addAddress(page, HOME)
  await addAddress(page, OFFICE)
  await page.getByRole('article', { name: 'Office' }).getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('City').fill('Durrës')
  expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
})
