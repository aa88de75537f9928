import type { Options } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts } from './accounts.js'

let known: Options | null = null
let asked: Promise<Options> | null = null

/** What the server offers; `null` until it has said so, and where it does not answer. */
export function useOptions(): Options | null {
  const [options, setOptions] = useState(known)
  useEffect(() => {
    if (known !== null) return
    asked ??= accounts.call('auth.options')
    void asked.then(
      (answer) => setOptions((known = answer)),
      // Whoever comes here next asks again.
      () => (asked = null),
    )
  }, [])
  return options
}
