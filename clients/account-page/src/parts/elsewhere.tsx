import type { Draft } from '../draft.js'
import { useTexts } from '../language.js'
import { Status } from './notice.js'

interface ElsewhereProps<F extends string> {
  readonly draft: Pick<Draft<F, never>, 'elsewhere' | 'take'>
  readonly field: F
  /** Formats the value, if it is not shown as it is. */
  readonly show?: (value: string) => string
}

/** Below a field that is being edited: its value after a change elsewhere. */
export function Elsewhere<F extends string>({ draft, field, show = (value) => value }: ElsewhereProps<F>) {
  const texts = useTexts()
  const theirs = draft.elsewhere(field)
  return (
    <Status>
      {theirs !== undefined && (
        <p class="elsewhere">
          {theirs === null ? texts.drafts.emptied : texts.drafts.theirs(show(theirs))}{' '}
          <button type="button" class="link" onClick={() => draft.take(field)}>
            {texts.drafts.take}
          </button>
        </p>
      )}
    </Status>
  )
}
