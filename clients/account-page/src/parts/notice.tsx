import type { ComponentChildren } from 'preact'

interface NoticeProps {
  readonly kind: 'good' | 'bad' | 'plain'
  readonly children: ComponentChildren
}

/** Something that is said once, at its place. What is bad is read out at once, the rest where it is in a status. */
export function Notice({ kind, children }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : undefined} tabIndex={kind === 'bad' ? -1 : undefined}>
      {children}
    </div>
  )
}

/** What is put in here later is read out in its turn: screen readers hear only of changes to what was there before. */
export function Status({ children }: { readonly children: ComponentChildren }) {
  return <div role="status">{children}</div>
}
