import { useEffect, useRef, useState } from 'preact/hooks'
import { useTexts } from '../language.js'
import { page } from '../page.js'
import { save } from '../save.js'
import { Status } from '../parts/notice.js'

/** With this many left or fewer, the page suggests making new ones. */
export const FEW_CODES = 3

interface RecoveryCodesProps {
  readonly codes: readonly string[]
  readonly email: string
  readonly close: () => void
}

/** Recovery codes, shown only once. */
export function RecoveryCodes({ codes, email, close }: RecoveryCodesProps) {
  const texts = useTexts()
  const words = texts.signInMethods.codes
  const heading = words.heading(page.shop, email)
  const element = useRef<HTMLHeadingElement>(null)
  const [isCopied, setCopied] = useState<boolean | null>(null)
  useEffect(() => {
    setCopied(null)
    element.current?.focus()
  }, [codes])
  const copy = () =>
    navigator.clipboard.writeText(codes.join('\n')).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  return (
    <div class="notice plain codes">
      <h4 ref={element} tabIndex={-1}>
        {words.title}
      </h4>
      <p class="screen">{words.explain}</p>
      <p class="paper">{heading}</p>
      <ol>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <Status>{isCopied !== null && (isCopied ? words.copied : words.notCopied)}</Status>
      <div class="buttons">
        <button type="button" onClick={() => void copy()}>
          {words.copy}
        </button>
        <button type="button" onClick={() => print()}>
          {words.print}
        </button>
        <button
          type="button"
          onClick={() => save(`${words.file}.txt`, 'text/plain', [heading, '', ...codes, ''].join('\n'))}
        >
          {words.download}
        </button>
        <button type="button" class="primary" onClick={close}>
          {words.done}
        </button>
      </div>
    </div>
  )
}
