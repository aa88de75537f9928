import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** A wire to a server that can be cut, or carry nothing more without a word. */
export class Wire {
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  /** Sockets that are open but carry nothing, as those of a machine that slept. */
  readonly #stranded = new Set<Socket>()
  #state: 'whole' | 'cut' | 'silent' = 'whole'

  private constructor(to: URL) {
    this.#listener = createServer((near) => {
      if (this.#state === 'cut') return near.destroy()
      const far = connect(Number(to.port), to.hostname)
      const isCarrying = () => this.#state === 'whole' && !this.#stranded.has(near)
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (data) => isCarrying() && into.write(data))
        from.on('error', () => into.destroy())
        from.on('close', () => {
          this.#sockets.delete(from)
          into.destroy()
        })
      }
      return undefined
    })
  }

  static async to(origin: string): Promise<Wire> {
    const wire = new Wire(new URL(origin))
    wire.#listener.listen(0, '127.0.0.1')
    await once(wire.#listener, 'listening')
    return wire
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}/service/rpc`
  }

  cut(): void {
    this.#state = 'cut'
    for (const socket of this.#sockets) socket.destroy()
  }

  silence(): void {
    this.#state = 'silent'
  }

  /** The connections of now carry nothing more without a word; new ones do. */
  strand(): void {
    for (const socket of this.#sockets) this.#stranded.add(socket)
  }

  mend(): void {
    this.#state = 'whole'
  }

  close(): void {
    this.cut()
    this.#listener.close()
  }
}
