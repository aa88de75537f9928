import type { Options } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts } from './accounts.js'

let known: Options | null = null
let asked: Promise<Options> | null = null

/** The options of the server; `null` until they are known, and if the server does not answer. */
export function useOptions(): Options | null {
  const [options, setOptions] = useState(known)
  useEffect(() => {
    if (known !== null) return
    asked ??= accounts.call('auth.options')
    void asked.then(
      (answer) => setOptions((known = answer)),
      // The next visit asks again.
      () => (asked = null),
    )
  }, [])
  return options
}
