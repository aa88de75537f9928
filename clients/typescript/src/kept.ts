/** A value that outlives a page, in one place for all tabs of a browser. */
export interface Kept<T> {
  get(): T | null | Promise<T | null>
  set(value: T | null): void | Promise<void>
}

/** Stored by this page only. */
export function inMemory<T>(): Kept<T> {
  let kept: T | null = null
  return {
    get: () => kept,
    set: (value) => {
      kept = value
    },
  }
}

/** Stored by the browser. A script that runs in the page can read it: a cookie is safer. */
export function inLocalStorage<T>(key: string, storage: Storage = localStorage): Kept<T> {
  return {
    get() {
      try {
        return JSON.parse(storage.getItem(key) ?? 'null') as T | null
      } catch {
        return null
      }
    },
    set(value) {
      if (value === null) storage.removeItem(key)
      else storage.setItem(key, JSON.stringify(value))
    },
  }
}

/** The browser's storage; this page's own if there is none, or if it is forbidden. */
export function defaultKept<T>(key: string): Kept<T> {
  // Node has a localStorage that prints warnings, or stores one person's tokens for all.
  if (typeof window === 'undefined') return inMemory()
  try {
    return inLocalStorage(key)
  } catch {
    return inMemory()
  }
}
