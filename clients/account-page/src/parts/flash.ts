import { useEffect, useRef } from 'preact/hooks'

/** Highlights an element for a moment when its value has changed. */
export function useFlash<E extends HTMLElement>(revision: number): { current: E | null } {
  const element = useRef<E>(null)
  const shown = useRef(revision)
  useEffect(() => {
    if (shown.current === revision) return
    shown.current = revision
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const glow = getComputedStyle(document.documentElement).getPropertyValue('--glow')
    element.current?.animate([{ boxShadow: `0 0 0 3px ${glow}` }, { boxShadow: '0 0 0 3px transparent' }], {
      duration: 1_600,
      easing: 'ease-out',
    })
  }, [revision])
  return element
}
