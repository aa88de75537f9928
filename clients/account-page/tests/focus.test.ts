import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { tab } from './support/chrome.js'
import { addAddress, Customer, HOME } from './support/customer.js'
import { Stage } from './support/stage.js'

const stage = new Stage()

/** What has the focus: the name of a field or a button, and of the article that it is in. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement!
    const within = element.closest('article')?.querySelector('h2')?.firstChild?.textContent
    const name = element.getAttribute('name') ?? (element === document.body ? 'nothing' : element.textContent?.trim())
    return within ? `${name} of ${within}` : `${name}`
  })
}

it('is never lost to what is gone', async () => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device()
  const page = await tab(device, stage.server.page)
  await customer.signIn(page)
  const press = async (name: string, of?: string) => {
    const place = of === undefined ? page : page.getByRole('article', { name: of })
    await place.getByRole('button', { name }).focus()
    await page.keyboard.press('Enter')
  }
  const expectFocus = (name: string) => expect.poll(() => focused(page)).toBe(name)

  await press('Change e-mail address')
  await expectFocus('new_email')
  await press('Cancel')
  await expectFocus('Change e-mail address')

  await page.getByRole('link', { name: 'Addresses' }).click()
  for (const label of ['Home', 'Office', 'Cabin']) {
    await addAddress(page, { ...HOME, 'Name of this address': label })
    await expectFocus('Add an address')
  }
  await press('Edit', 'Cabin')
  await expectFocus('label')
  await page.keyboard.press('Enter')
  await expectFocus('Edit of Cabin')
  await press('Make primary', 'Office')
  await expectFocus('Edit of Office')
  await press('Delete', 'Cabin')
  await page.getByRole('dialog').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).focus()
  await page.keyboard.press('Enter')
  await expectFocus('Edit of Office')

  // Another tab takes away what is typed into; the same field goes on.
  const other = await tab(device, stage.server.page, '/addresses')
  await press('Edit', 'Home')
  await page.getByLabel('City').focus()
  await page.keyboard.press('End')
  await page.keyboard.type('-')
  await other.getByRole('article', { name: 'Home' }).getByRole('button', { name: 'Delete' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('This address was deleted elsewhere.').waitFor()
  await expectFocus('city')
  await page.keyboard.type('Mitte')
  expect(await page.getByLabel('City').inputValue()).toBe('Berlin-Mitte')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expectFocus('Add an address')
})

it('is not behind the menu of a small window', async () => {
  const customer = await Customer.withAccount(stage.server)
  const device = await stage.chrome.device({ viewport: { width: 360, height: 640 }, reducedMotion: 'reduce' })
  const page = await tab(device, stage.server.page)
  await customer.signIn(page)
  await page.getByRole('heading', { name: 'Profile' }).focus()
  for (let turn = 0; turn < 12; turn++) {
    await page.keyboard.press('Tab')
    const isBehind = await page.evaluate(() => {
      const [element, menu] = [document.activeElement!, document.querySelector('.pages')!]
      const isBelow = element.getBoundingClientRect().bottom > menu.getBoundingClientRect().top
      return element !== document.body && !menu.contains(element) && isBelow
    })
    expect(isBehind, await focused(page)).toBe(false)
  }
})
