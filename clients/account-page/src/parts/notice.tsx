import type { ComponentChildren } from 'preact'

interface NoticeProps {
  readonly kind: 'good' | 'bad' | 'plain'
  readonly children: ComponentChildren
}

/** Something that is said once, at its place. What is bad is read out at once. */
export function Notice({ kind, children }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'} tabIndex={kind === 'bad' ? -1 : undefined}>
      {children}
    </div>
  )
}
