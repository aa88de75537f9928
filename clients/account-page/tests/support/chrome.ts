import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { chromium as executablePath } from '../../../typescript/tests/support/paths.js'

/** A real browser, of whose contexts each is a device of its own. What its pages complain of is kept. */
export class Chrome {
  readonly #browser: Browser
  readonly #contexts: BrowserContext[] = []
  #complaints: string[] = []

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async launch(): Promise<Chrome> {
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync']
    // This machine by another name, as others in its network call it.
    args.push('--host-resolver-rules=MAP shop.lan 127.0.0.1')
    return new Chrome(await chromium.launch({ executablePath, args }))
  }

  async device(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ locale: 'en-GB', ...options })
    this.#contexts.push(context)
    context.setDefaultTimeout(20_000)
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.#complaints.push(`${message.page()?.url()}: ${message.text()}`)
    })
    context.on('weberror', (error) => this.#complaints.push(String(error.error())))
    return context
  }

  /** To be called where connections are refused or cut on purpose: Chromium reports each as an error. */
  forgiveFailedConnections(): void {
    const failed = /net::ERR_|WebSocket connection to|blocked by CORS policy/
    this.#complaints = this.#complaints.filter((text) => !failed.test(text))
  }

  /** To be called where the page is at an address that is not for it: Chromium reports refused calls, and plain HTTP. */
  forgiveUnlistedOrigin(): void {
    const expected = /the server responded with a status of 403|Cross-Origin-Opener-Policy header has been ignored/
    this.#complaints = this.#complaints.filter((text) => !expected.test(text))
  }

  /** What pages of others complain of is theirs. */
  forgivePagesOf(origin: string): void {
    this.#complaints = this.#complaints.filter((text) => !text.startsWith(origin))
  }

  /** Ends the devices of a test, which must not have complained of anything. */
  async endDevices(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close()
    expect(this.#complaints.splice(0)).toEqual([])
  }

  async close(): Promise<void> {
    await this.#browser.close()
  }
}

/** A page of the account, in a tab of its own. */
export async function tab(device: BrowserContext, origin: string, path = '/'): Promise<Page> {
  const page = await device.newPage()
  await page.goto(`${origin}${path}`)
  return page
}
