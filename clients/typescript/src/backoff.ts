/** How long to wait before trying again. */
export interface Backoff {
  readonly firstMs: number
  readonly maxMs: number
}

/** Doubles with every failure, and lies anywhere in its upper half, so that clients do not all come back at once. */
export function delayAfter(failures: number, backoff: Backoff, random: () => number = Math.random): number {
  const longest = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures, 30))
  return longest * (0.5 + random() / 2)
}
