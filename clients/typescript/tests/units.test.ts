import { describe, expect, it, vi } from 'vitest'
import { delayAfter } from '../src/backoff.js'
import { type FeedEvent, fold, type LiveAccount } from '../src/fold.js'
import { AccountsClient, accountsHook, inLocalStorage, type SessionTokens, type State, watch } from '../src/index.js'
import { UNKNOWN } from '../src/state.js'
import { Store } from '../src/store.js'
import { onWake } from '../src/wake.js'

const backoff = { firstMs: 100, maxMs: 1_000 }

describe('the backoff', () => {
  it('doubles up to a limit', () => {
    const longest = [0, 1, 2, 3, 4, 100].map((failures) => delayAfter(failures, backoff, () => 1))
    expect(longest).toEqual([100, 200, 400, 800, 1_000, 1_000])
  })

  it('is spread over the upper half', () => {
    expect(delayAfter(2, backoff, () => 0)).toBe(200)
    const delays = Array.from({ length: 200 }, () => delayAfter(2, backoff))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(200)
    expect(Math.max(...delays)).toBeLessThanOrEqual(400)
    expect(new Set(delays).size).toBeGreaterThan(100)
  })
})

describe('the fold', () => {
  const account = { epoch: 'e', revision: 4, profile: { id: 'p' }, addresses: [], sessions: [] } as unknown as LiveAccount
  const renamed = (revision: number) =>
    ({ type: 'profile.changed', revision, at: '', session_id: null, data: { id: 'p', first_name: 'A' } }) as FeedEvent

  it('takes the next event only', () => {
    expect(fold(account, renamed(4))).toBe(account)
    expect(fold(account, renamed(6))).toBe('gap')
    expect(fold(null, renamed(5))).toBe('gap')
    expect(fold(account, renamed(5))).toMatchObject({ revision: 5, profile: { first_name: 'A' } })
  })

  it('leaves what did not change the same object', () => {
    const folded = fold(account, renamed(5)) as LiveAccount
    expect(folded.addresses).toBe(account.addresses)
    expect(folded.sessions).toBe(account.sessions)
  })

  it('passes over an event that it does not know', () => {
    const event = { type: 'orders.changed', revision: 5, at: '', session_id: null, data: {} } as unknown as FeedEvent
    expect(fold(account, event)).toEqual({ ...account, revision: 5 })
  })

  it('takes a snapshot of an earlier revision: the server knows', () => {
    const data = { epoch: 'f', profile: {}, addresses: [], sessions: [] }
    const event = { type: 'snapshot', revision: 2, at: '', session_id: null, data } as unknown as FeedEvent
    expect(fold(account, event)).toMatchObject({ epoch: 'f', revision: 2 })
  })
})

describe('the adapters', () => {
  const before = { connection: { status: 'connecting' }, account: null } as State
  const live = { ...before, connection: { status: 'live' } } as State
  const client = (store: Store<State>) => store as unknown as AccountsClient

  it('for plain JavaScript tell a part, now and when it changes', () => {
    const store = new Store(before)
    const shown: string[] = []
    const end = watch(client(store), (state) => state.connection.status, (status) => shown.push(status))
    store.set({ ...before })
    store.set(live)
    end()
    store.set(before)
    expect(shown).toEqual(['connecting', 'live'])
  })

  it('for React are useSyncExternalStore with a part of the state', () => {
    const store = new Store(before)
    const rendered = vi.fn()
    const useAccounts = accountsHook((subscribe, getSnapshot) => {
      subscribe(() => rendered(getSnapshot()))
      return getSnapshot()
    })
    expect(useAccounts(client(store), (state) => state.connection)).toBe(before.connection)
    store.set(live)
    expect(rendered).toHaveBeenCalledExactlyOnceWith(live.connection)
  })

  it('for React take over from a server what it rendered, whatever is known by then', () => {
    const useAccounts = accountsHook((_subscribe, _getSnapshot, getServerSnapshot) => getServerSnapshot!())
    const known = { getSnapshot: () => live, getServerSnapshot: () => UNKNOWN } as unknown as AccountsClient
    expect(useAccounts(known, (state) => state)).toBe(UNKNOWN)
    expect(new AccountsClient({ url: 'http://127.0.0.1:1/rpc' }).getServerSnapshot()).toBe(UNKNOWN)
  })

  it('go on when another listener fails', async () => {
    vi.useFakeTimers({ toFake: ['queueMicrotask'] })
    const store = new Store(1)
    const heard = vi.fn()
    store.subscribe(() => {
      throw new Error('a fault')
    })
    store.subscribe(heard)
    store.set(2)
    expect(heard).toHaveBeenCalledOnce()
    expect(() => vi.runAllTicks()).toThrow('a fault')
    vi.useRealTimers()
  })
})

describe('waking', () => {
  it('is noticed by the clock', () => {
    vi.useFakeTimers()
    const wake = vi.fn()
    const end = onWake(wake)
    vi.advanceTimersByTime(60_000)
    expect(wake).not.toHaveBeenCalled()
    vi.setSystemTime(Date.now() + 3_600_000)
    vi.advanceTimersByTime(5_000)
    expect(wake).toHaveBeenCalledOnce()
    end()
    vi.useRealTimers()
  })

  it.each(['online', 'offline', 'pageshow'])('is noticed by %s', (name) => {
    const page = new EventTarget()
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    const wake = vi.fn()
    const end = onWake(wake)
    page.dispatchEvent(new Event(name))
    end()
    page.dispatchEvent(new Event(name))
    expect(wake).toHaveBeenCalledOnce()
    vi.unstubAllGlobals()
  })
})

describe('tokens in localStorage', () => {
  it('are read as they were written, and nothing where they are spoilt', () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as unknown as Storage
    const tokens = inLocalStorage<SessionTokens>('key', storage)
    const some = { access_token: 'a', access_expires_at: '', refresh_token: 'r', refresh_expires_at: '', session_id: 's' }
    expect(tokens.get()).toBeNull()
    void tokens.set(some)
    expect(tokens.get()).toEqual(some)
    kept.set('key', '{')
    expect(tokens.get()).toBeNull()
    void tokens.set(null)
    expect(kept.size).toBe(0)
  })
})
