import { useRef, useState } from 'preact/hooks'
import { tidyText } from './text.js'

/** An object that others may change while it is edited. */
type Live<F extends string> = { readonly [K in F]: string | null } & { readonly id: string; readonly revision: number }

interface Touched {
  readonly mine: string
  /** The value when it was typed. */
  readonly base: string | null
}

type Typed<F extends string> = { readonly [K in F]?: Touched }

/**
 * Typed and unsaved values, by the object's id, so that they outlive a visit to another page, and the end of a session.
 * They are shown only to their owner: no other account has an object of that id.
 */
const unsaved = new Map<string, Typed<string>>()

/** Typed values over an object that stays live: untouched fields follow it, touched ones never change by themselves. */
export interface Draft<F extends string, T extends Live<F>> {
  /** The newest known object, on which an edit is based. */
  readonly base: T
  value(field: F): string
  set(field: F, text: string): void
  /** The value of a touched field after a change elsewhere; `undefined` if there was none. */
  elsewhere(field: F): string | null | undefined
  /** Replaces the typed value by the present one. */
  take(field: F): void
  /** The touched fields that differ from the object. */
  readonly patch: { [K in F]?: string | null }
  readonly isDirty: boolean
  /**
   * To be obtained before a save and called after it: values typed in the meantime stay; returns whether there are any.
   */
  saving(): (saved: T) => boolean
  /** Whether some of it was typed before the form was left. */
  readonly isFound: boolean
  /** Drops all typed values. */
  drop(): void
  /** Somebody else was faster; `theirs` may be newer than the feed. */
  refused(theirs: T): void
  /** Whether the last attempt was refused for that, and there is still something to save. */
  readonly isRefused: boolean
}

export function useDraft<F extends string, T extends Live<F>>(
  live: T,
  fields: readonly F[],
  optional: readonly NoInfer<F>[],
): Draft<F, T> {
  const [touched, setTouched] = useState<Typed<F>>(() => unsaved.get(live.id) ?? {})
  const [found] = useState(touched)
  const newest = useRef(touched)
  const [theirs, setTheirs] = useState<T | null>(null)
  const base = theirs !== null && theirs.revision > live.revision ? theirs : live
  // In the server's normalised form, so that normalisation does not count as a change.
  const kept = (field: F, text: string): string | null => {
    const tidy = tidyText(text)
    return tidy === '' && optional.includes(field) ? null : tidy
  }
  const keep = (typed: Typed<F>) => {
    newest.current = typed
    if (Object.keys(typed).length > 0) unsaved.set(live.id, typed)
    else unsaved.delete(live.id)
    setTouched(typed)
  }
  // A program may fill several fields before the next render, so each is added to the newest state.
  const put = (field: F, typed: Touched | null) => {
    const { [field]: _, ...others } = newest.current
    keep((typed === null ? others : { ...others, [field]: typed }) as Typed<F>)
  }
  const patch: { [K in F]?: string | null } = {}
  for (const field of fields) {
    const mine = touched[field]?.mine
    if (mine !== undefined && kept(field, mine) !== base[field]) patch[field] = kept(field, mine)
  }
  return {
    base,
    value: (field) => touched[field]?.mine ?? base[field] ?? '',
    set(field, mine) {
      const known = newest.current[field]
      // The object may contain the optimistic value of a save: then it still counts as typed.
      const isThere = mine === (base[field] ?? '') && (known === undefined || known.base === base[field])
      put(field, isThere ? null : { mine, base: known ? known.base : base[field] })
    },
    elsewhere(field) {
      const typed = touched[field]
      const isOther = typed !== undefined && base[field] !== typed.base && base[field] !== kept(field, typed.mine)
      return isOther ? base[field] : undefined
    },
    take: (field) => put(field, null),
    patch,
    isDirty: Object.keys(patch).length > 0,
    saving() {
      const sent = newest.current
      return (saved) => {
        for (const field of fields) {
          const typed = newest.current[field]
          if (typed === undefined) continue
          put(field, typed.mine === sent[field]?.mine ? null : { mine: typed.mine, base: saved[field] })
        }
        setTheirs(null)
        return Object.keys(newest.current).length > 0
      }
    },
    isFound: fields.some((field) => field in patch && found[field] !== undefined && found[field] === touched[field]),
    drop: () => keep({}),
    refused: setTheirs,
    isRefused: theirs !== null && Object.keys(patch).length > 0,
  }
}
