import type { ComponentChildren } from 'preact'
import { page } from '../page.js'
import { Link } from '../route.js'

interface VisitorProps {
  readonly languages: ComponentChildren
  readonly children: ComponentChildren
}

/** Around the pages for everybody. */
export function Visitor({ languages, children }: VisitorProps) {
  return (
    <div class="visitor">
      <header>
        <Link to="/" class="wordmark">
          {page.shop}
        </Link>
      </header>
      <main id="content">{children}</main>
      <footer>{languages}</footer>
    </div>
  )
}
