import { expect, it } from 'vitest'
import { tab } from './support/chrome.js'
import { addAddress, Customer, HOME } from './support/customer.js'
import { Stage } from './support/stage.js'

const stage = new Stage()

it('leads from an empty browser to an account, by letters that are one click away', async () => {
  const somebody = new Customer(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('First name').fill('Ann')
  await page.getByLabel('Last name').fill('Lee')
  await page.getByLabel('E-mail address').fill(somebody.email)
  await page.getByLabel('Password', { exact: true }).fill('password1')
  await page.getByLabel('Phone').fill('0049 (30) 90-18 20')
  await page.getByRole('button', { name: 'Create account' }).click()

  // The server's faults stand at their fields, and the first has the focus.
  const password = page.getByLabel('Password', { exact: true })
  await page.getByText('This password is easy to guess').waitFor()
  expect(await password.getAttribute('aria-invalid')).toBe('true')
  expect(await password.evaluate((input) => input === document.activeElement)).toBe(true)
  expect(await page.getByLabel('Phone').inputValue()).toBe('+4930901820')
  await password.fill(somebody.password)
  await page.getByRole('button', { name: 'Create account' }).click()

  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await page.getByRole('link', { name: 'Read the mail' }).click()
  // The list may be there before the letter.
  await expect.poll(async () => {
    await page.reload()
    return page.getByRole('link', { name: /Confirm|Verify/ }).count()
  }).toBeGreaterThan(0)
  await page.getByRole('link', { name: /Confirm|Verify/ }).first().click()
  await page.getByRole('link', { name: /verify-email\?token=/ }).click()

  // Opening the link does nothing yet, and leaves no token in the address bar.
  await page.getByRole('heading', { name: 'Verify your e-mail address' }).waitFor()
  expect(page.url()).toBe(`${stage.server.page}/verify-email`)
  await page.reload()
  await page.getByRole('button', { name: 'Verify e-mail address' }).click()
  // Who registered in this browser is signed in by it.
  await page.getByRole('heading', { name: 'Profile' }).waitFor()
  expect(await page.getByLabel('Phone').inputValue()).toBe('+4930901820')
})

it('tells what is missing before it asks the server, and of a wrong password', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page, '/sign-in')
  const calls: string[] = []
  page.on('request', (request) => request.postData()?.includes('"auth.login"') && calls.push(request.postData()!))
  await page.getByRole('button', { name: 'Sign in' }).click()
  expect(await page.getByText('Please fill this in.').count()).toBe(2)
  expect(calls).toEqual([])
  await page.getByLabel('E-mail address').fill(customer.email)
  await page.getByLabel('Password', { exact: true }).fill('a short walk by the sea')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('E-mail address or password is wrong.').waitFor()
  expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('a short walk by the sea')
})

it('sets a new password by a letter', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await page.getByLabel('E-mail address').fill(customer.email)
  await page.getByRole('link', { name: 'Forgotten your password?' }).click()
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(customer.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText(`If ${customer.email} has an account here`).waitFor()
  await page.goto(`${stage.server.page}/password-reset?token=${await customer.token('password-reset')}`)
  // A password manager learns whose password it is.
  expect(await page.locator('input[autocomplete="username"]').inputValue()).toBe(customer.email)
  // A refused password spends no link.
  await page.getByLabel('New password').fill(customer.password)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('This is what you have now.').waitFor()
  customer.password = 'seven grey geese over Durrës'
  await page.getByLabel('New password').fill(customer.password)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('Your new password is set.').waitFor()
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(customer.email)
  await customer.signIn(page)

  await page.goto(`${stage.server.page}/password-reset?token=${'x'.repeat(43)}`)
  // It was not asked for here, so who wants may say it.
  await page.getByLabel('E-mail address (optional)').fill(customer.email)
  await page.getByLabel('New password').fill('another seven grey geese')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('alert').getByText('This link was already used').waitFor()
})

it('edits profile and addresses, and shows the faults of both', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  await page.getByLabel('Phone').fill('12')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Please enter a valid number').waitFor()
  await page.getByLabel('Phone').fill('')
  await page.getByLabel('Company').fill('Sea & Sons')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  await page.getByText('Business customer', { exact: true }).waitFor()

  await page.getByRole('link', { name: 'Addresses' }).click()
  await page.getByText('You have no address yet.').waitFor()
  await addAddress(page, HOME)
  await page.getByRole('heading', { name: 'Home Primary' }).waitFor()
  await page.getByRole('button', { name: 'Add an address' }).click()
  for (const [label, value] of Object.entries(HOME)) await page.getByLabel(label).fill(value)
  await page.getByLabel('Name of this address').fill('HOME')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('You already have an address with this name.').waitFor()
  await page.getByLabel('Name of this address').fill('Office')
  await page.getByLabel('Make this the primary address').check()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('heading', { name: 'Office Primary' }).waitFor()
  expect(await page.getByText('Primary', { exact: true }).count()).toBe(1)

  await page.getByRole('article', { name: 'Office' }).getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'Home Primary' }).waitFor()
  // The only one has no such button.
  expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0)
})

it('changes the password and shows it in the log', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  await page.getByRole('link', { name: 'Security' }).click()
  await page.getByText('Account created').waitFor()
  await page.getByLabel('Current password').fill('not this one')
  await page.getByLabel('New password').fill('seven grey geese over Durrës')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('This is not your current password.').waitFor()
  await page.getByLabel('Current password').fill(customer.password)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Your password is changed.').waitFor()
  await page.reload()
  await page.getByText('Wrong current password given').waitFor()
  await page.getByText('Password changed').waitFor()
})

it('speaks the language of the browser, then the one that is chosen, then that of the account', async () => {
  const customer = await Customer.withAccount(stage.server, { locale: 'sq' })
  const page = await tab(await stage.chrome.device({ locale: 'de-AT' }), stage.server.page)
  await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
  await page.getByRole('button', { name: 'English' }).click()
  await page.reload()
  await page.getByLabel('E-mail address').fill(customer.email)
  await page.getByLabel('Password', { exact: true }).fill(customer.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Profili' }).waitFor()
  // Chromium knows no Albanian dates.
  await page.getByText(/^Klient që nga \d+ (janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|nëntor|dhjetor) 20\d\d$/).waitFor()
  await page.getByLabel('Gjuha').selectOption('Deutsch')
  await page.getByRole('button', { name: 'Ruaj', exact: true }).click()
  await page.getByRole('heading', { name: 'Profil', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Abmelden' }).click()
  await page.getByText('Sie wurden abgemeldet.').waitFor()
})
