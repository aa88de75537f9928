import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'

/** Serves a set of keys that changes. */
export class KeyServer {
  set: JWK[] = []
  asked = 0
  isDown = false
  readonly #listener: Server

  private constructor() {
    this.#listener = createServer((_request, response) => {
      this.asked += 1
      response.statusCode = this.isDown ? 503 : 200
      response.end(JSON.stringify({ keys: this.set }))
    })
  }

  static async start(): Promise<KeyServer> {
    const server = new KeyServer()
    server.#listener.listen(0, '127.0.0.1')
    await once(server.#listener, 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  close(): void {
    this.#listener.close()
  }
}
