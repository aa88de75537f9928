/** What may have the focus. */
const FOCUSABLE = 'a[href], button, input:not([hidden]), select'

/**
 * Keeps the focus at its place when what had it goes: a button that does its work once, a form that is closed, a card
 * that is deleted, here or elsewhere. Else it would fall back to the top of the page, without a word to who listens.
 */
export function keepFocus(root: HTMLElement): void {
  /** What has the focus, and all around it, from the inside out. */
  let around: Element[] = []
  root.addEventListener('focusin', ({ target }) => {
    around = []
    for (let element = target as Element | null; element && element !== root; element = element.parentElement) {
      around.push(element)
    }
  })
  root.addEventListener('focusout', () => {
    // Given away by a click beside it. What is gone was seen to before.
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

/** Whether typing goes on in a field that took the place of another. */
function continueIn(field: HTMLInputElement | null, gone: HTMLInputElement): boolean {
  field?.focus()
  // Of an e-mail address it is null.
  if (gone.selectionStart !== null) field?.setSelectionRange(gone.selectionStart, gone.selectionEnd)
  return field !== null
}
