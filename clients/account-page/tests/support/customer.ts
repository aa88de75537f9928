import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { mailedCode, mailedToken } from '../../../typescript/tests/support/mail.js'
import type { Server } from '../../../typescript/tests/support/server.js'

export const HOME = {
  'Name of this address': 'Home',
  'First name': 'Ann',
  'Last name': 'Lee',
  'Street and number': 'Hauptstraße 1',
  'Postal code': '10115',
  City: 'Berlin',
  'State or province': 'Berlin',
  Country: 'Germany',
} as const

/** Somebody who uses the page. */
export class Customer {
  email = `ann.${randomUUID()}@example.org`
  password = 'a long walk by the sea'
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
  }

  /** Somebody with an account, made by calls: for what comes after. */
  static async withAccount(server: Server, more: Readonly<Record<string, string>> = {}): Promise<Customer> {
    const customer = new Customer(server)
    const { email, password } = customer
    await call(server, 'auth.register', { email, password, first_name: 'Ann', last_name: 'Lee', ...more })
    await call(server, 'auth.verify_email', { token: await customer.token('verify-email'), password })
    return customer
  }

  /** The token of the newest letter whose link leads to a page. */
  token(page: string, email = this.email): Promise<string> {
    return mailedToken(this.#server.mail, email, page)
  }

  /** The code from the newest e-mail that completes a registration. */
  code(): Promise<string> {
    return mailedCode(this.#server.mail, this.email)
  }

  /** Fills the form that makes an account, and sends it. */
  async register(page: Page): Promise<void> {
    await page.goto(`${this.#server.page}/register`)
    await page.getByLabel('First name').fill('Ann')
    await page.getByLabel('Last name').fill('Lee')
    await page.getByLabel('E-mail address').fill(this.email)
    await page.getByLabel('Password', { exact: true }).fill(this.password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  }

  /** Fills the form that the page shows. */
  async signIn(page: Page): Promise<void> {
    await this.firstStep(page)
    await page.getByText('Live: changes').waitFor()
  }

  /** The same; what comes then is up to the account. */
  async firstStep(page: Page): Promise<void> {
    await page.getByLabel('E-mail address').fill(this.email)
    await page.getByLabel('Password', { exact: true }).fill(this.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
}

/** Adds an address on the page of addresses. */
export async function addAddress(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  await page.getByRole('button', { name: 'Add an address' }).click()
  const form = page.getByRole('form', { name: 'Add an address' })
  for (const [label, value] of Object.entries(fields)) await form.getByLabel(label).fill(value)
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await form.waitFor({ state: 'detached' })
}

/** A call as a shell makes it. */
export async function call(server: Server, method: string, params: object): Promise<unknown> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (answer.error) throw new Error(answer.error.message)
  return answer.result
}
