import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { page } from '../page.js'

let isFirst = true

/** A page's heading. It names the document, and takes the focus after a click on a link of this page. */
export function Title({ children }: { readonly children: string }) {
  const element = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${children} · ${page.shop}`
  }, [children])
  useEffect(() => {
    if (!isFirst) element.current?.focus()
    isFirst = false
  }, [])
  return (
    <h1 ref={element} tabIndex={-1}>
      {unbroken(children)}
    </h1>
  )
}

/** The hyphen of "e-mail" is no place to break a line at. */
function unbroken(text: string): ComponentChildren {
  return text.split(/(\S*-mail\S*)/i).map((part, at) => (at % 2 === 0 ? part : <span class="unbroken">{part}</span>))
}

interface CardProps {
  readonly title: string
  readonly children: ComponentChildren
}

/** A page for visitors who are not signed in. */
export function Card({ title, children }: CardProps) {
  return (
    <section class="card">
      <Title>{title}</Title>
      {children}
    </section>
  )
}
