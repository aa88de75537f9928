import { type AuthenticationMethod, isAccountsError, type LiveSignInMethods } from '@marbelle/accounts'
import { useSyncExternalStore } from 'preact/compat'

/** A request to prove the session. */
export interface ProofAsked {
  /** The possible proofs. */
  readonly methods: readonly AuthenticationMethod[]
  /** The result: whether it was proven. */
  readonly answer: (isProven: boolean) => void
}

let asked: ProofAsked | null = null
const listeners = new Set<() => void>()

/** The pending request. */
export function useProofAsked(): ProofAsked | null {
  return useSyncExternalStore(subscribe, () => asked)
}

/**
 * Whether a change of password or e-mail address asks for the present password; otherwise the session has to be proven.
 */
export function asksForPassword({ password, totp }: LiveSignInMethods): boolean {
  return password && !totp
}

/** Makes a call; if it needs a proof, asks for that and repeats the call. */
export async function proven<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!isAccountsError(error) || error.kind !== 'proof_required') throw error
    if (!(await ask(error.data.methods))) throw error
    return call()
  }
}

function ask(methods: readonly AuthenticationMethod[]): Promise<boolean> {
  // The newer request is the one that is shown.
  asked?.answer(false)
  return new Promise((resolve) => {
    const question: ProofAsked = {
      methods,
      answer(isProven) {
        if (asked === question) show(null)
        resolve(isProven)
      },
    }
    show(question)
  })
}

function show(question: ProofAsked | null): void {
  asked = question
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
