import { type AccountsError, CallError, isAccountsError } from '@marbelle/accounts'
import { useRef, useState } from 'preact/hooks'
import { errorText, faultText } from './faults.js'
import { useTexts } from './language.js'
import type { Texts } from './texts/en.js'

/** The possible fields of forms; each has a label in every language. */
export type FieldName = keyof Texts['fields']

export interface Form {
  readonly element: { current: HTMLFormElement | null }
  readonly isBusy: boolean
  /** A problem that does not belong to one field. */
  readonly problem: string | null
  readonly error: AccountsError | null
  faultsOf(field: FieldName): readonly string[]
  submit(event: Event): void
  /** Shows an error of an action beside the form. */
  fail(error: AccountsError): void
  /** Clears the messages of the last attempt. */
  clear(): void
}

interface FormOptions {
  /** The shown fields. */
  readonly fields: readonly FieldName[]
  /** The empty ones among them that are required. */
  missing?(): readonly FieldName[]
  send(): Promise<void>
  /** The field that an error belongs to. */
  readonly place?: { readonly [K in AccountsError['kind']]?: readonly [FieldName, (texts: Texts) => string] }
  /** A special message for an error. */
  readonly say?: { readonly [K in AccountsError['kind']]?: (texts: Texts) => string }
}

/** Sends a form, once at a time, and shows every fault at its field. */
export function useForm({ fields, missing, send, place, say }: FormOptions): Form {
  const texts = useTexts()
  const element = useRef<HTMLFormElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<AccountsError | null>(null)
  const placed = error === null ? undefined : place?.[error.kind]

  const fail = (failure: AccountsError) => {
    setError(failure)
    // After the faults are shown.
    requestAnimationFrame(() => {
      const first = (selector: string) => element.current?.querySelector<HTMLElement>(selector)
      ;(first('[aria-invalid="true"]') ?? first('[role="alert"]'))?.focus()
    })
  }
  const run = async () => {
    const empty = missing?.() ?? []
    if (empty.length > 0) {
      const faults = Object.fromEntries(empty.map((field) => [field, [{ rule: 'required' as const, message: '' }]]))
      return fail(new CallError('invalid_params', { fields: faults }, ''))
    }
    setBusy(true)
    try {
      await send()
      setError(null)
    } catch (thrown) {
      if (!isAccountsError(thrown)) throw thrown
      fail(thrown)
    } finally {
      setBusy(false)
    }
  }
  return {
    element,
    isBusy,
    error,
    problem: error === null || placed ? null : (say?.[error.kind]?.(texts) ?? problemOf(texts, error, fields)),
    faultsOf(field) {
      if (placed) return placed[0] === field ? [placed[1](texts)] : []
      if (error?.kind === 'conflict' && error.data.field === field && field === 'label') return [texts.faults.label]
      if (error?.kind !== 'invalid_params') return []
      return (error.data.fields[field] ?? []).map((fault) => faultText(texts, field, fault))
    },
    submit(event) {
      event.preventDefault()
      if (!isBusy) void run()
    },
    fail,
    clear: () => setError(null),
  }
}

function problemOf(texts: Texts, error: AccountsError, shown: readonly string[]): string | null {
  if (error.kind === 'conflict' && error.data.field === 'label' && shown.includes('label')) return null
  if (error.kind !== 'invalid_params') return errorText(texts, error)
  const elsewhere = Object.entries(error.data.fields).filter(([field]) => !shown.includes(field))
  if (elsewhere.length === 0) return texts.errors.invalid_params
  return elsewhere.flatMap(([field, faults]) => faults.map(({ message }) => `${field}: ${message}`)).join(' ')
}
