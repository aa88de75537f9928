/** The interval between two ticks of the clock, and how late one may be if the machine did not sleep. */
const TICK_MS = 5_000
const SLEEP_MS = 90_000

/**
 * Calls back when the network may have changed: on `online` and `offline`, when the page is shown again, after sleep.
 */
export function onWake(wake: () => void): () => void {
  let seen = Date.now()
  const timer = setInterval(() => {
    const slept = Date.now() - seen > SLEEP_MS
    seen = Date.now()
    if (slept) wake()
  }, TICK_MS)
  ;(timer as { unref?: () => void }).unref?.()
  const shown = () => {
    if (globalThis.document?.visibilityState !== 'hidden') wake()
  }
  const target: EventTarget | undefined = typeof globalThis.addEventListener === 'function' ? globalThis : undefined
  const heard: [string, () => void][] = [
    ['online', wake],
    ['offline', wake],
    ['pageshow', shown],
  ]
  for (const [name, listener] of heard) target?.addEventListener(name, listener)
  globalThis.document?.addEventListener('visibilitychange', shown)
  return () => {
    clearInterval(timer)
    for (const [name, listener] of heard) target?.removeEventListener(name, listener)
    globalThis.document?.removeEventListener('visibilitychange', shown)
  }
}
