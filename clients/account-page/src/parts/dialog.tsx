import { isAccountsError } from '@marbelle/accounts'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { errorText } from '../faults.js'
import { useTexts } from '../language.js'
import { Notice } from './notice.js'

interface DialogProps {
  readonly title: string
  readonly explain: string
  readonly confirm: string
  readonly run: () => Promise<unknown>
  readonly onClose: () => void
}

/** Asks for confirmation before an action that cannot be undone. */
export function Dialog({ title, explain, confirm, run, onClose }: DialogProps) {
  const texts = useTexts()
  const id = useId()
  const element = useRef<HTMLDialogElement>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  useEffect(() => element.current?.showModal(), [])
  const go = async () => {
    if (isBusy) return
    setBusy(true)
    try {
      await run()
      onClose()
    } catch (error) {
      if (!isAccountsError(error)) throw error
      setProblem(errorText(texts, error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <dialog ref={element} aria-labelledby={id} aria-describedby={`${id}-explain`} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      <p id={`${id}-explain`}>{explain}</p>
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
      <div class="buttons">
        <button type="button" class="primary danger" aria-disabled={isBusy} onClick={() => void go()}>
          {confirm}
        </button>
        <button type="button" autofocus onClick={() => element.current?.close()}>
          {texts.page.cancel}
        </button>
      </div>
    </dialog>
  )
}
