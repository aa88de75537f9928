import type { Draft } from '../draft.js'
import { useTexts } from '../language.js'

interface FoundProps {
  readonly draft: Pick<Draft<string, never>, 'isFound' | 'drop'>
}

/** Above a form that was left before it was saved. */
export function Found({ draft }: FoundProps) {
  const texts = useTexts()
  if (!draft.isFound) return null
  return (
    <p class="elsewhere">
      {texts.drafts.found}{' '}
      <button type="button" class="link" onClick={draft.drop}>
        {texts.drafts.drop}
      </button>
    </p>
  )
}
