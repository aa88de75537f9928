import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccountsClient } from '../src/index.js'

/** The client as a page's module on a server: a file that Node loads. */
let folder: string
let module: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'marbelle-rendering-'))
  module = join(folder, 'client.mjs')
  const entry = new URL('../src/index.ts', import.meta.url).pathname
  await build({ entryPoints: [entry], bundle: true, format: 'esm', outfile: module })
})
afterAll(() => rm(folder, { recursive: true }))

describe('where a page is rendered on a server', () => {
  it('a module that makes a client and starts it does nothing, and lets the process end', async () => {
    const page = `
      import { AccountsClient, accountsHook, watch } from ${JSON.stringify(module)}
      for (const options of [{}, { url: '/rpc' }, { url: 'http://127.0.0.1:1/rpc', credentials: 'cookie' }]) {
        const accounts = new AccountsClient(options)
        accounts.start()
        const useAccounts = accountsHook((subscribe, getSnapshot, getServerSnapshot) => getServerSnapshot())
        console.log(useAccounts(accounts, ({ connection }) => connection.status))
      }`
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', page], {
      timeout: 20_000,
    })
    expect(stdout).toBe('connecting\n'.repeat(3))
    expect(stderr).toBe('')
  })

  it('a call without a URL says what is missing', async () => {
    await expect(new AccountsClient().call('rpc.discover')).rejects.toThrow('an absolute `url` is needed')
    expect(() => new AccountsClient().start({ withoutWindow: true })).toThrow('an absolute `url` is needed')
  })
})

it('a program without a window that is told to follow needs a WebSocket', () => {
  const { WebSocket } = globalThis
  Reflect.deleteProperty(globalThis, 'WebSocket')
  try {
    const without = new AccountsClient({ url: 'http://127.0.0.1:1/rpc' })
    expect(() => without.start({ withoutWindow: true })).toThrow('there is no WebSocket here')
    without.start()
  } finally {
    if (WebSocket) globalThis.WebSocket = WebSocket
  }
})
