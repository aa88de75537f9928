import type { ComponentChildren } from 'preact'
import { useSyncExternalStore } from 'preact/compat'

/** What a page is told by the one before it; it outlives a reload and stays out of the address bar. */
export interface Told {
  /** The one-time token of a letter's link. */
  readonly token?: string
  readonly email?: string
  /** What a letter's link did. */
  readonly done?: 'verified' | 'reset' | 'emailChanged'
  /** What a provider sent along: it stands for a sign-in, once. */
  readonly callback?: string
  /** The provider that was linked. */
  readonly linked?: string
  /** Which letter was sent. */
  readonly sent?: 'verification' | 'reset'
}

const listeners = new Set<() => void>()
addEventListener('popstate', tell)

function tell(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The path of the page that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname)
}

/** What this page was told. */
export function told(): Told {
  return (history.state as Told | null) ?? {}
}

export function go(path: string, told: Told = {}): void {
  // Who clicks on the page that is shown goes nowhere.
  history[path === location.pathname ? 'replaceState' : 'pushState'](told, '', path)
  scrollTo(0, 0)
  tell()
}

export function replace(path: string, told: Told = {}): void {
  history.replaceState(told, '', path)
  tell()
}

/** Moves what opens something out of the address bar, where shoulders, screenshots and bookmarks have it. */
export function hideToken(): void {
  if (location.pathname === '/provider-callback' && location.search !== '') {
    return history.replaceState({ callback: location.search } satisfies Told, '', location.pathname)
  }
  const token = new URLSearchParams(location.search).get('token')
  if (token !== null) history.replaceState({ token } satisfies Told, '', location.pathname)
}

interface LinkProps {
  readonly to: string
  readonly told?: Told
  readonly class?: string
  readonly current?: boolean
  readonly children: ComponentChildren
}

export function Link({ to, told, current, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(to, told)
  }
  return (
    <a href={to} onClick={follow} aria-current={current ? 'page' : undefined} {...rest}>
      {children}
    </a>
  )
}
