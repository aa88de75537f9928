import type { EndReason } from './spec.js'

/** What the tabs of one browser tell each other. */
export type TabNews =
  | { readonly type: 'signed_in'; readonly session_id: string }
  | { readonly type: 'signed_out'; readonly session_id: string; readonly reason: EndReason | null }

/** The tabs of one browser, under a common name. */
export class Tabs {
  readonly #channel: BroadcastChannel | null

  constructor(name: string, onNews: (news: TabNews) => void) {
    this.#channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
    if (this.#channel) this.#channel.onmessage = (event: { data: unknown }) => onNews(event.data as TabNews)
  }

  tell(news: TabNews): void {
    this.#channel?.postMessage(news)
  }

  close(): void {
    this.#channel?.close()
  }
}
