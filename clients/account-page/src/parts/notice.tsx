import type { ComponentChildren } from 'preact'

interface NoticeProps {
  readonly kind: 'good' | 'bad' | 'plain'
  readonly children: ComponentChildren
}

/** A message at its place. Screen readers announce bad news at once, the rest if it is in a status. */
export function Notice({ kind, children }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : undefined} tabIndex={kind === 'bad' ? -1 : undefined}>
      {children}
    </div>
  )
}

/** Content that appears in here later is announced in turn: screen readers notice only changes of existing elements. */
export function Status({ children }: { readonly children: ComponentChildren }) {
  return <div role="status">{children}</div>
}
