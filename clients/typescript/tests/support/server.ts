import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { binary } from './paths.js'

/** No test is about how often something may be done. */
const LIMITS = {
  MARBELLE_LIMITS__SIGN_IN_PER_MINUTE: '100000',
  MARBELLE_LIMITS__TOKEN_PER_MINUTE: '100000',
  MARBELLE_LIMITS__CALLS_PER_SECOND: '10000',
  MARBELLE_LIMITS__WRITES_PER_MINUTE: '100000',
  MARBELLE_LIMITS__REFUSALS_PER_MINUTE: '100000',
  MARBELLE_LIMITS__PASSWORD_CHANGES_PER_HOUR: '100000',
  MARBELLE_LIMITS__CEREMONIES_PER_MINUTE: '100000',
  MARBELLE_LIMITS__MAILS_PER_MAILBOX: '1000',
  MARBELLE_SWEEP_PERIOD: '200ms',
}

/** A real server with a data folder of its own. */
export class Server {
  url = ''
  readonly data: string
  readonly #settings: Record<string, string>
  #process: ChildProcess | null = null

  private constructor(data: string, settings: Record<string, string>) {
    this.data = data
    this.#settings = settings
  }

  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'marbelle-')), settings)
    await server.run('127.0.0.1:0')
    return server
  }

  get mail(): string {
    return join(this.data, 'mail')
  }

  get origin(): string {
    return new URL(this.url).origin
  }

  /** Where people find the account page. */
  get page(): string {
    return `http://localhost:${new URL(this.url).port}`
  }

  async run(listen: string): Promise<void> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MARBELLE_'))
    const child = spawn(binary, ['serve'], {
      cwd: this.data,
      env: {
        ...Object.fromEntries(inherited),
        ...LIMITS,
        MARBELLE_LISTEN: listen,
        MARBELLE_DATA_DIR: this.data,
        ...this.#settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    let log = ''
    child.stderr.on('data', (text) => (log += text))
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /listening on (http:\/\/\S+)/.exec(line)?.[1]
      if (address) {
        child.stdout.resume()
        this.url = `${address}/rpc`
        return
      }
      log += line
    }
    throw new Error(`the server did not start: ${log}`)
  }

  /** Without any farewell. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** On the same address, with the same data. */
  async restart(): Promise<void> {
    await this.kill()
    await this.run(new URL(this.url).host)
  }

  async end(): Promise<void> {
    await this.kill()
    await rm(this.data, { recursive: true, force: true })
  }
}
