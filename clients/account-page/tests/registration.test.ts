import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { Server } from '../../typescript/tests/support/server.js'
import { expectAccessible } from './support/accessible.js'
import { tab } from './support/chrome.js'
import { call, Customer } from './support/customer.js'
import { Stage } from './support/stage.js'

const stage = new Stage()

const profile = (page: Page) => page.getByRole('heading', { name: 'Profile', exact: true }).waitFor()

it('goes on by itself on the desktop when the phone has verified, by the password', async () => {
  const somebody = new Customer(stage.server)
  const desktop = await tab(await stage.chrome.device(), stage.server.page)
  await somebody.register(desktop)
  await desktop.getByText('This page continues by itself').waitFor()
  await expectAccessible(desktop)

  const link = `/verify-email?token=${await somebody.token('verify-email')}`
  const phone = await tab(await stage.chrome.device({ viewport: { width: 360, height: 740 } }), stage.server.page, link)
  await phone.getByText('Please enter the password that you chose when you registered').waitFor()
  await expectAccessible(phone)
  const verify = phone.getByRole('button', { name: 'Verify e-mail address' })
  await verify.click()
  await phone.getByText('Please fill this in.').waitFor()
  await phone.getByLabel('Password', { exact: true }).fill('a short walk by the sea')
  await verify.click()
  await phone.getByText('This is not the password that you chose').waitFor()
  expect(await desktop.getByRole('heading', { name: 'Check your mail' }).count()).toBe(1)

  await phone.getByLabel('Password', { exact: true }).fill(somebody.password)
  await verify.click()
  await phone.getByText('Your e-mail address is verified.').waitFor()
  await profile(desktop)
  await desktop.getByText('Live: changes').waitFor()
})

it('takes the code of the letter, and says so where it is wrong', async () => {
  const somebody = new Customer(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await somebody.register(page)
  const code = await somebody.code()
  await page.reload()
  const field = page.getByRole('textbox', { name: 'Code from the e-mail' })
  expect([await field.getAttribute('autocomplete'), await field.getAttribute('inputmode')]).toEqual(['one-time-code', 'numeric'])
  await field.fill(code === '12345678' ? '87654321' : '12345678')
  await page.getByRole('button', { name: 'Complete my account' }).click()
  await page.getByText('This is not the code from the newest e-mail').waitFor()
  await field.fill(`${code.slice(0, 4)} ${code.slice(-4)}`)
  await page.getByRole('button', { name: 'Complete my account' }).click()
  await profile(page)
})

it('needs no password where the link is opened in the browser that registered, and signs in all of its tabs', async () => {
  const somebody = new Customer(stage.server)
  const device = await stage.chrome.device()
  const waiting = await tab(device, stage.server.page)
  await somebody.register(waiting)
  const opened = await tab(device, stage.server.page, `/verify-email?token=${await somebody.token('verify-email')}`)
  await opened.getByRole('button', { name: 'Verify e-mail address' }).click()
  for (const page of [opened, waiting]) await profile(page)
  // One session for both.
  await opened.getByRole('link', { name: 'Devices' }).click()
  expect(await opened.getByRole('article').count()).toBe(1)
})

it('asks for the password where the link is of another registration than the browser’s', async () => {
  const [first, second] = [new Customer(stage.server), new Customer(stage.server)]
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await first.register(page)
  await second.register(page)
  await page.goto(`${stage.server.page}/verify-email?token=${await first.token('verify-email')}`)
  await page.getByRole('button', { name: 'Verify e-mail address' }).click()
  await page.getByText('Please enter the password that you chose when you registered').waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('password')
  await page.keyboard.type(first.password)
  await page.getByRole('button', { name: 'Verify e-mail address' }).click()
  await page.getByText('Your e-mail address is verified.').waitFor()
})

it('looks the same for an address that has an account', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.register(page)
  await page.getByText('This page continues by itself').waitFor()
  await page.getByRole('textbox', { name: 'Code from the e-mail' }).fill('12345678')
  await page.getByRole('button', { name: 'Complete my account' }).click()
  await page.getByText('This is not the code from the newest e-mail').waitFor()
  await page.getByRole('button', { name: 'Send it again' }).click()
  await page.getByText('We have sent it again.').waitFor()
})

it('tells who signs in too early to verify first, and sends the letter again', async () => {
  const somebody = new Customer(stage.server)
  await call(stage.server, 'auth.register', { email: somebody.email, password: somebody.password, first_name: 'Ann' })
  const old = await somebody.token('verify-email')
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await page.getByLabel('E-mail address').fill(somebody.email)
  await page.getByLabel('Password', { exact: true }).fill(somebody.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('verify your e-mail address first').waitFor()
  await page.getByRole('button', { name: 'Send the e-mail again' }).click()
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await expect.poll(() => somebody.token('verify-email')).not.toBe(old)
})

it('confirms a new e-mail address where its owner is signed in, and asks for the password elsewhere', async () => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device()
  const page = await tab(device, stage.server.page)
  await customer.signIn(page)
  const next = customer.email.replace('ann.', 'anna.')
  const ask = async () => {
    await page.getByRole('button', { name: 'Change e-mail address' }).click()
    await page.getByLabel('New e-mail address').fill(next)
    await page.getByLabel('Current password').fill(customer.password)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByText('the link that we have sent to').waitFor()
    return `/confirm-email-change?token=${await customer.token('confirm-email-change', next)}`
  }
  const link = await ask()
  const phone = await tab(await stage.chrome.device(), stage.server.page, link)
  await phone.getByText('Please enter the password of your account').waitFor()
  await phone.getByLabel('Password', { exact: true }).fill('a short walk by the sea')
  await phone.getByRole('button', { name: 'Confirm e-mail address' }).click()
  await phone.getByText('This is not the password of the account').waitFor()
  await expectAccessible(phone)

  const opened = await tab(device, stage.server.page, link)
  await opened.getByRole('button', { name: 'Confirm e-mail address' }).click()
  await opened.getByText('Your e-mail address is changed.').waitFor()
})

it('forgets a device where its owner wants that', async () => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device()
  const page = await tab(device, stage.server.page)
  await customer.signIn(page)
  const names = async () => (await device.cookies()).map(({ name }) => name.replace(/_\d+$/, '')).sort()
  expect(await names()).toEqual(['marbelle_device', 'marbelle_session'])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You were signed out.').waitFor()
  expect(await names()).toEqual(['marbelle_device'])
  await customer.signIn(page)
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('button', { name: 'Sign out and forget this device' }).click()
  await page.getByText('You were signed out.').waitFor()
  expect(await names()).toEqual([])
})

it('keeps two shops on two ports of one machine apart', async () => {
  const other = await Server.start()
  const [here, there] = [await Customer.withAccount(stage.server), await Customer.withAccount(other)]
  const device = await stage.chrome.device()
  const [a, b] = [await tab(device, stage.server.page), await tab(device, other.page)]
  await here.signIn(a)
  await there.signIn(b)
  await a.reload()
  await a.getByText('Live: changes').waitFor()
  await other.end()
  stage.chrome.forgiveFailedConnections()
})
