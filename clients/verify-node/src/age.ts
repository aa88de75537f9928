/** A moment by two clocks. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export function now(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() }
}

/**
 * How long ago it was, by whichever clock shows more: the monotonic one stops while the machine sleeps, and the wall
 * clock may be set back.
 */
export function ageMs(moment: Moment, at: Moment = now()): number {
  return Math.max(at.monotonicMs - moment.monotonicMs, at.wallMs - moment.wallMs)
}
