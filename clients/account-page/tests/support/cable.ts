import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What lies between a device and the server: TCP, byte by byte, that can be cut as a network is, without a word. */
export class Cable {
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #alter: (bytes: Buffer) => Buffer
  #port = 0
  #isCut = false

  private constructor(alter: (bytes: Buffer) => Buffer) {
    this.#alter = alter
    this.#listener = createServer((near) => this.#join(near))
  }

  /** `alter`: what becomes of the server's bytes; their number must stay. */
  static async lay(alter: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<Cable> {
    const cable = new Cable(alter)
    await new Promise<void>((resolve) => cable.#listener.listen(0, '127.0.0.1', resolve))
    return cable
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  plugIn(origin: string): void {
    this.#port = Number(new URL(origin).port)
  }

  /** Bytes are silently lost from now on. */
  cut(): void {
    this.#isCut = true
  }

  /** New connections get through; those that lost bytes are gone. */
  mend(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.destroy()
  }

  async remove(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#listener.close(resolve))
  }

  #join(near: Socket): void {
    const far = connect(this.#port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (bytes) => {
        if (!this.#isCut) to.write(from === far ? this.#alter(bytes) : bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        this.#sockets.delete(from)
        if (!this.#isCut) to.destroy()
      })
    }
  }
}
