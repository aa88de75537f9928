import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import type { AccountsClient, ClientOptions, State } from '../../src/index.js'

declare global {
  /** What the page of a frontend holds. */
  var accounts: AccountsClient
  var Client: new (options: ClientOptions) => AccountsClient
}

const DOCUMENT = '<!doctype html><html lang="en"><title>A shop</title><script type="module" src="/client.js"></script>'

/** A frontend's own server: one page with the client. */
export class Frontend {
  readonly #server: HttpServer

  private constructor(server: HttpServer) {
    this.#server = server
  }

  static async start(): Promise<Frontend> {
    const { outputFiles } = await build({
      stdin: {
        contents: "import { AccountsClient } from './src/index.ts'\nglobalThis.Client = AccountsClient",
        resolveDir: new URL('../../', import.meta.url).pathname,
      },
      bundle: true,
      format: 'esm',
      write: false,
    })
    const script = Buffer.from(outputFiles[0]!.contents)
    const server = createServer((request, response) => {
      const isScript = request.url === '/client.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      if (request.url === '/favicon.ico') response.statusCode = 204
      response.end(isScript ? script : DOCUMENT)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Frontend(server)
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** A tab with a client that is started. */
  async open(
    context: BrowserContext,
    url: string,
    credentials: 'cookie' | 'bearer',
    origin = this.origin,
  ): Promise<Page> {
    const page = await context.newPage()
    await page.goto(origin)
    await page.waitForFunction(() => typeof Client === 'function')
    await page.evaluate(
      (options) => {
        globalThis.accounts = new Client(options)
        accounts.start()
      },
      { url, credentials },
    )
    return page
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export function shown(page: Page): Promise<State> {
  return page.evaluate(() => accounts.getSnapshot())
}

/** Waits until the state in a tab has these parts. */
export async function untilShown(page: Page, holds: (state: State) => boolean): Promise<void> {
  await page.waitForFunction(`(${holds.toString()})(accounts.getSnapshot())`, undefined, { timeout: 20_000 })
}
