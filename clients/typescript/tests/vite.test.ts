import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createServer, type ViteDevServer } from 'vite'
import { untilShown } from './support/page.js'
import { chromium as executablePath } from './support/paths.js'
import { Person } from './support/person.js'
import { Server } from './support/server.js'

/** The set-up of docs/frontend.md: a page that Vite serves, and a server that knows nothing of it. */
let server: Server
let vite: ViteDevServer
let folder: string
let chrome: Browser
let person: Person
beforeAll(async () => {
  server = await Server.start()
  person = await Person.register(server)
  folder = await mkdtemp(join(tmpdir(), 'marbelle-vite-'))
  const client = new URL('../src/index.ts', import.meta.url).pathname
  await writeFile(join(folder, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.ts"></script>')
  await writeFile(
    join(folder, 'main.ts'),
    `import { AccountsClient } from ${JSON.stringify(client)}
    const url = new URLSearchParams(location.search).get('url')
    globalThis.accounts = url ? new AccountsClient({ url }) : new AccountsClient()
    accounts.start()`,
  )
  vite = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    server: {
      host: '127.0.0.1',
      port: 0,
      hmr: false,
      fs: { strict: false },
      proxy: { '/rpc': { target: server.origin, ws: true } },
    },
  })
  await vite.listen()
  chrome = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
})
afterAll(async () => {
  await chrome?.close()
  await vite?.close()
  await server?.end()
  await rm(folder, { recursive: true })
})

it.each(['by the server’s address', 'through Vite'])('signs in %s, on whatever port the page is', async (way) => {
  const context = await chrome.newContext()
  const page = await context.newPage()
  const { port } = vite.httpServer!.address() as AddressInfo
  const url = server.url.replace('127.0.0.1', 'localhost')
  await page.goto(`http://localhost:${port}/${way === 'through Vite' ? '' : `?url=${encodeURIComponent(url)}`}`)
  await page.waitForFunction(() => 'accounts' in globalThis)
  await untilShown(page, ({ connection }) => connection.status === 'signed_out')
  await page.evaluate((params) => accounts.signIn(params), { email: person.email, password: person.password })
  await untilShown(page, ({ connection, account }) => connection.status === 'live' && account !== null)
  expect(await page.evaluate(() => accounts.call('profile.get').then(({ email }) => email))).toBe(person.email)
  await context.close()
})
