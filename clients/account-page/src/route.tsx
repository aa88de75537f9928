import type { ComponentChildren } from 'preact'
import { useSyncExternalStore } from 'preact/compat'

/** The state that a page passes to the next one; it outlives a reload and is not in the address bar. */
export interface Told {
  /** The one-time token of a letter's link. */
  readonly token?: string
  readonly email?: string
  /** The outcome of a letter's link. */
  readonly done?: 'verified' | 'reset' | 'emailChanged'
  /** The provider's answer: it stands for a sign-in, once. */
  readonly callback?: string
  /** The provider that was linked. */
  readonly linked?: string
  /** The letter that was sent. */
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

/** The path of the shown page. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname)
}

/** The state passed to this page. */
export function told(): Told {
  return (history.state as Told | null) ?? {}
}

export function go(path: string, told: Told = {}): void {
  // A click on a link to the shown page has no effect.
  history[path === location.pathname ? 'replaceState' : 'pushState'](told, '', path)
  scrollTo(0, 0)
  tell()
}

export function replace(path: string, told: Told = {}): void {
  history.replaceState(told, '', path)
  tell()
}

/** Removes secrets from the address bar, where bystanders, screenshots and bookmarks could get them. */
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
