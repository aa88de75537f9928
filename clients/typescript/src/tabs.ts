import type { KeptToken, TokenWanted } from './backend-tokens.js'
import type { EndReason } from './spec.js'

/** The messages between the tabs of one browser. */
export type TabNews =
  | { readonly type: 'signed_in'; readonly session_id: string }
  | { readonly type: 'signed_out'; readonly session_id: string; readonly reason: EndReason | null }

/** Internal messages: that they exist, and their requests and answers. */
type TabTalk =
  | { readonly type: 'tab_opened' }
  | { readonly type: 'tab_here' }
  | { readonly type: 'token_wanted'; readonly question: string; readonly wanted: TokenWanted }
  | { readonly type: 'token'; readonly question: string; readonly kept: KeptToken }

/** How long another tab may take to answer; after that the server is called. */
const ANSWER_MS = 100

export interface TabsOptions {
  onNews(news: TabNews): void
  /** This tab's answer to the request of another one. */
  answer(wanted: TokenWanted): KeptToken | null
}

/** The tabs of one browser, under a common name. */
export class Tabs {
  readonly #channel: BroadcastChannel | null
  readonly #options: TabsOptions
  readonly #questions = new Map<string, (kept: KeptToken) => void>()
  /** Whether another tab has ever answered: a single tab does not wait. */
  #hasOthers = false

  constructor(name: string, options: TabsOptions) {
    this.#options = options
    this.#channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
    if (this.#channel) this.#channel.onmessage = (event: { data: unknown }) => this.#hear(event.data as TabNews | TabTalk)
    this.#say({ type: 'tab_opened' })
  }

  tell(news: TabNews): void {
    this.#say(news)
  }

  /** Another tab's answer to a request; `null` if none has one. */
  async ask(wanted: TokenWanted): Promise<KeptToken | null> {
    if (!this.#hasOthers) return null
    const question = String(Math.random())
    let timer: ReturnType<typeof setTimeout> | undefined
    const kept = await new Promise<KeptToken | null>((resolve) => {
      this.#questions.set(question, resolve)
      timer = setTimeout(() => resolve(null), ANSWER_MS)
      this.#say({ type: 'token_wanted', question, wanted })
    })
    clearTimeout(timer)
    this.#questions.delete(question)
    return kept
  }

  close(): void {
    this.#channel?.close()
  }

  #say(what: TabNews | TabTalk): void {
    this.#channel?.postMessage(what)
  }

  #hear(what: TabNews | TabTalk): void {
    this.#hasOthers = true
    switch (what.type) {
      case 'tab_opened':
        return this.#say({ type: 'tab_here' })
      case 'tab_here':
        return
      case 'token_wanted': {
        const kept = this.#options.answer(what.wanted)
        return kept === null ? undefined : this.#say({ type: 'token', question: what.question, kept })
      }
      case 'token':
        return this.#questions.get(what.question)?.(what.kept)
      default:
        this.#options.onNews(what)
    }
  }
}
