import { randomUUID } from 'node:crypto'
import { AccountsClient, type Params } from '../../src/index.js'
import { mailedToken } from './mail.js'
import type { Server } from './server.js'
import { until } from './wait.js'
import { Browser } from './browser.js'

/** Somebody with a verified account. */
export class Person {
  readonly email: string
  password = 'a long walk by the sea'
  readonly server: Server
  readonly #browsers: Browser[] = []

  private constructor(server: Server, email: string) {
    this.server = server
    this.email = email
  }

  static async register(server: Server): Promise<Person> {
    const person = new Person(server, `ann.${randomUUID()}@example.org`)
    const { email, password } = person
    const anyone = new AccountsClient({ url: server.url })
    await anyone.call('auth.register', { email, password, first_name: 'Ann', last_name: 'Lee' })
    await anyone.call('auth.verify_email', { token: await mailedToken(server.mail, email, 'verify-email'), password })
    return person
  }

  /** One of the person's browsers, signed in by a first tab. */
  async browser(credentials: 'bearer' | 'cookie' = 'bearer'): Promise<{ browser: Browser; tab: AccountsClient }> {
    const browser = new Browser(this.server.url)
    this.#browsers.push(browser)
    const tab = browser.tab({ credentials })
    await this.signIn(tab)
    return { browser, tab }
  }

  async signIn(tab: AccountsClient): Promise<void> {
    await tab.signIn({ email: this.email, password: this.password })
    await until(tab, ({ connection, account }) => connection.status === 'live' && account !== null)
  }

  leave(): void {
    for (const browser of this.#browsers) browser.close()
  }
}

export function address(label: string): Params<'addresses.create'> {
  return {
    label,
    first_name: 'Ann',
    last_name: 'Lee',
    address_line_1: 'Hauptstrasse 1',
    city: 'Berlin',
    state: 'Berlin',
    postal_code: '10115',
    country: 'Germany',
  }
}
