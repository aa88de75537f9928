import type { CDPSession, Page } from 'playwright-core'

/** Chromium's virtual authenticator: a device that verifies its user by itself, and holds passkeys. */
export class Authenticator {
  readonly #debugger: CDPSession
  readonly #authenticatorId: string

  private constructor(session: CDPSession, authenticatorId: string) {
    this.#debugger = session
    this.#authenticatorId = authenticatorId
  }

  /** For one tab. While the user is not `present`, requests wait. */
  static async of(page: Page, { present = true } = {}): Promise<Authenticator> {
    const session = await page.context().newCDPSession(page)
    await session.send('WebAuthn.enable')
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: present,
      },
    })
    return new Authenticator(session, authenticatorId)
  }

  async setPresent(enabled: boolean): Promise<void> {
    const { authenticatorId } = this.#with({})
    await this.#debugger.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
  }

  /** Whether its user is recognised. */
  async setVerified(isUserVerified: boolean): Promise<void> {
    await this.#debugger.send('WebAuthn.setUserVerified', this.#with({ isUserVerified }))
  }

  async passkeys() {
    return (await this.#debugger.send('WebAuthn.getCredentials', this.#with({}))).credentials
  }

  /** Has the passkeys of another device from now on, as of their last use there: keys that counted less would be clones. */
  async copy(other: Authenticator): Promise<void> {
    await this.#debugger.send('WebAuthn.clearCredentials', this.#with({}))
    for (const credential of await other.passkeys()) {
      await this.#debugger.send('WebAuthn.addCredential', this.#with({ credential }))
    }
  }

  #with<T extends object>(params: T): T & { authenticatorId: string } {
    return { ...params, authenticatorId: this.#authenticatorId }
  }
}
