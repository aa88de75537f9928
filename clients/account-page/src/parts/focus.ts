/** Focusable elements. */
const FOCUSABLE = 'a[href], button, input:not([hidden]), select'

/**
 * Keeps the focus in place when its element disappears: a button that works once, a form that is closed, a card that is
 * deleted, here or elsewhere. Otherwise it would move to the top of the page, without notice to users of screen
 * readers.
 */
export function keepFocus(root: HTMLElement): void {
  /** The focused element and all its ancestors, from the inside out. */
  let around: Element[] = []
  root.addEventListener('focusin', ({ target }) => {
    around = []
    for (let element = target as Element | null; element && element !== root; element = element.parentElement) {
      around.push(element)
    }
  })
  root.addEventListener('focusout', () => {
    // Lost by a click beside it. Removed elements were handled before.
    setTimeout(() => {
      if (document.hasFocus() && document.activeElement === document.body) around = []
    })
  })
  new MutationObserver(() => {
    const [gone] = around
    if (gone === undefined || gone.isConnected || document.activeElement !== document.body) return
    if (gone instanceof HTMLInputElement && continueIn(root.querySelector(`input[name="${gone.name}"]`), gone)) return
    const place = around.find((element) => element.isConnected)
    ;(place?.querySelector<HTMLElement>(FOCUSABLE) ?? root.querySelector('h1'))?.focus()
  }).observe(root, { childList: true, subtree: true })
}

/** Whether typing continues in a field that replaced another one. */
function continueIn(field: HTMLInputElement | null, gone: HTMLInputElement): boolean {
  field?.focus()
  // It is null for e-mail fields.
  if (gone.selectionStart !== null) field?.setSelectionRange(gone.selectionStart, gone.selectionEnd)
  return field !== null
}
