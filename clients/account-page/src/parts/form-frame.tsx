import type { ComponentChildren } from 'preact'
import type { Form } from '../form.js'
import { Notice } from './notice.js'

interface FormFrameProps {
  readonly form: Form
  readonly submit: string
  /** Its heading on a page with several forms. */
  readonly label?: string
  /** Its button is one among others. */
  readonly isQuiet?: boolean
  /** What it does cannot be undone. */
  readonly isDanger?: boolean
  readonly onCancel?: readonly [label: string, cancel: () => void]
  /** Shown instead of the error's own message. */
  readonly problem?: ComponentChildren
  readonly children: ComponentChildren
}

/** A form with its problem above and its buttons below. */
export function FormFrame({ form, submit, label, isQuiet = false, isDanger = false, onCancel, problem, children }: FormFrameProps) {
  return (
    <form ref={form.element} onSubmit={form.submit} noValidate aria-label={label} aria-busy={form.isBusy}>
      {form.problem !== null && (
        <Notice kind="bad">
          <p>{problem || form.problem}</p>
        </Notice>
      )}
      {children}
      <div class="buttons">
        <button type="submit" class={isQuiet ? undefined : isDanger ? 'primary danger' : 'primary'} aria-disabled={form.isBusy}>
          {submit}
        </button>
        {onCancel && (
          <button type="button" onClick={onCancel[1]}>
            {onCancel[0]}
          </button>
        )}
      </div>
    </form>
  )
}
