import { useTexts } from '../language.js'
import { page } from '../page.js'
import { Icon } from './icons.js'

/** In development the letter is one click away. */
export function MailLink({ to }: { readonly to: string }) {
  const texts = useTexts()
  if (page.mail === null) return null
  return (
    <p>
      <a class="button" href={`${page.mail}?to=${encodeURIComponent(to)}`}>
        <Icon name="mail" /> {texts.page.readMail}
      </a>
    </p>
  )
}
