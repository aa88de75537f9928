import { expect, it } from 'vitest'
import { tidyPhone } from '../src/phone.js'
import { tidyText } from '../src/text.js'
import { tab } from './support/chrome.js'
import { addAddress, Customer } from './support/customer.js'
import { Stage } from './support/stage.js'

const stage = new Stage()

/** One number, as people write and paste it. */
const PHONES = [
  '+44 20 7946 0018',
  '\u202a+44 20 7946 0018\u202c',
  '\u2066+44 20 7946 0018\u2069',
  '\u200e+44 20 7946 0018',
  '+44\u201120\u20117946\u20110018',
  '+44 20\u20137946\u20130018',
  '+44\u200920\u20097946\u20090018',
  '+44\u202f20\u202f7946\u202f0018',
  '+44\u00ad20\u00ad79460018',
  '+44 (0)20 7946 0018',
  '(+44) [0] 20 7946-0018',
  '+44/20/7946/0018',
  'tel:+44-20-7946-0018',
  'Tel.: +44 20 7946.0018',
  '\uff0b\uff14\uff14 \uff12\uff10 \uff17\uff19\uff14\uff16 \uff10\uff10\uff11\uff18',
  '+\u0664\u0664 \u0662\u0660 \u0667\u0669\u0664\u0666 \u0660\u0660\u0661\u0668',
  '+\u06f4\u06f4 \u06f2\u06f0 \u06f7\u06f9\u06f4\u06f6 \u06f0\u06f0\u06f1\u06f8',
  '+\u096a\u096a \u0968\u0966 \u096d\u096f\u096a\u096c \u0966\u0966\u0967\u096e',
  '+[44] {20} 7946 0018',
  '0044 20 7946 0018',
]

it('keeps one form of a telephone number, however it is written', () => {
  for (const written of PHONES) expect(tidyPhone(written), JSON.stringify(written)).toBe('+442079460018')
  expect(tidyPhone('+39 (0)6 6982 1234')).toBe('+390669821234')
  expect(tidyPhone('\u{1d7ce}\u{1d7d7}\u{1d7d8}\u{1d7e1}')).toBe('0909')
})

it('takes what shows nothing for empty', () => {
  for (const nothing of ['', ' \t', '\u200b', '\u3164', '\u2800', '\ufeff', '\u115f', '\ufe0f \u2060']) {
    expect(tidyText(nothing), JSON.stringify(nothing)).toBe('')
  }
  expect(tidyText('\u00a0Zoe\u0308\u3000')).toBe('Zo\u00eb')
  // Not empty, but refused by the server, whose message is shown.
  expect(tidyText('\u202e')).toBe('\u202e')
})

it('saves a pasted telephone number, and shows it as it is kept', async () => {
  const customer = await Customer.withAccount(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page)
  await customer.signIn(page)
  const form = page.getByRole('form', { name: 'Personal details' })
  const phone = form.getByLabel('Phone')
  for (const written of [PHONES[1]!, PHONES[9]!, PHONES[14]!, PHONES[15]!]) {
    await phone.fill('')
    await form.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => form.locator('p.saved').textContent()).toBe('Saved.')
    await phone.focus()
    await page.keyboard.insertText(written)
    await phone.press('Enter')
    await expect.poll(() => phone.inputValue()).toBe('+442079460018')
    await expect.poll(() => form.locator('p.saved').textContent()).toBe('Saved.')
  }
})

it('asks nobody for a last name, a state or a postal code', async () => {
  const customer = new Customer(stage.server)
  const page = await tab(await stage.chrome.device(), stage.server.page, '/register')
  await page.getByLabel('First name').fill('Suharto')
  await page.getByLabel('Last name').fill('\u200b')
  await page.getByLabel('E-mail address').fill(customer.email)
  await page.getByLabel('Password', { exact: true }).fill(customer.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await page.goto(`${stage.server.page}/verify-email?token=${await customer.token('verify-email')}`)
  // This browser has registered: it signs in by itself.
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByText('Suharto', { exact: true }).waitFor()

  await page.getByRole('link', { name: 'Addresses' }).click()
  await addAddress(page, {
    'Name of this address': 'Office',
    'Street and number': 'Unit 7, Al Wasl Road',
    City: 'Dubai',
    Country: 'United Arab Emirates',
  })
  const card = page.getByRole('article', { name: 'Office' })
  expect((await card.locator('.postal').innerText()).trim().split('\n')).toEqual([
    'Suharto',
    'Unit 7, Al Wasl Road',
    'Dubai',
    'United Arab Emirates',
  ])
  // What may be absent can be given and taken away again.
  await card.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('form', { name: 'Edit “Office”' })
  await form.getByLabel('Postal code').fill('00000')
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await card.getByText('00000 Dubai').waitFor()
  await card.getByRole('button', { name: 'Edit' }).click()
  await form.getByLabel('Postal code').fill('')
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await form.waitFor({ state: 'detached' })
  await expect.poll(() => card.locator('.postal').innerText()).not.toContain('00000')
})
