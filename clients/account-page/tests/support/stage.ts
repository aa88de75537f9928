import { afterAll, afterEach, beforeAll } from 'vitest'
import { Server } from '../../../typescript/tests/support/server.js'
import { Chrome } from './chrome.js'

/** What the tests of a file share: a server and a browser of its own, from before the first test until after the last. */
export class Stage {
  #server: Server | undefined
  #chrome: Chrome | undefined

  constructor() {
    beforeAll(async () => {
      this.#server = await Server.start()
      this.#chrome = await Chrome.launch()
    })
    afterEach(() => this.#chrome?.endDevices())
    afterAll(async () => {
      await this.#chrome?.close()
      await this.#server?.end()
    })
  }

  get server(): Server {
    return this.#server!
  }

  get chrome(): Chrome {
    return this.#chrome!
  }
}
