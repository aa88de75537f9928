import type { OfferedProvider } from '@marbelle/accounts'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Notice } from './notice.js'

interface ProviderButtonsProps {
  readonly providers: readonly OfferedProvider[]
  /** Goes to a provider. */
  readonly visit: (provider: string) => Promise<void>
}

/** Signing in with an account elsewhere. */
export function ProviderButtons({ providers, visit }: ProviderButtonsProps) {
  return (
    <>
      {providers.map((offered) => (
        <ProviderButton key={offered.provider} offered={offered} visit={visit} />
      ))}
    </>
  )
}

interface ProviderButtonProps {
  readonly offered: OfferedProvider
  readonly visit: ProviderButtonsProps['visit']
}

function ProviderButton({ offered: { provider, label }, visit }: ProviderButtonProps) {
  const texts = useTexts()
  const form = useForm({ fields: [], send: () => visit(provider) })
  return (
    <form ref={form.element} class="other" onSubmit={form.submit} aria-label={texts.signInMethods.providerSignIn(label)}>
      {form.problem !== null && <Notice kind="bad">{form.problem}</Notice>}
      <button type="submit" aria-disabled={form.isBusy}>
        {texts.signInMethods.providerSignIn(label)}
      </button>
    </form>
  )
}
