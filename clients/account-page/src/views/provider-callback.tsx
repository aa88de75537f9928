import { type AccountsError, isAccountsError, type ProviderOutcome, type SecondFactor } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { errorText } from '../faults.js'
import { useTexts } from '../language.js'
import { useOptions } from '../options.js'
import { Notice } from '../parts/notice.js'
import { Card } from '../parts/title.js'
import { keepRegistration, LIFETIME_MS } from '../registration.js'
import { Link, replace, told } from '../route.js'
import type { Texts } from '../texts/en.js'
import { SecondStep } from './second-step.js'

interface Half {
  readonly secondFactor: SecondFactor
  readonly goOn: () => void
}

/** The page that a provider sends the browser back to. */
export function ProviderCallback() {
  const texts = useTexts()
  const options = useOptions()
  const [half, setHalf] = useState<Half | null>(null)
  const [error, setError] = useState<AccountsError | null>(null)
  useEffect(() => {
    accounts.finishProvider(`${location.href}${told().callback ?? ''}`).then(
      (outcome) => {
        const goOn = () => replace(outcome.returnTo ?? '/profile', cameBack(outcome))
        if (outcome.outcome === 'second_factor_required') setHalf({ secondFactor: outcome.secondFactor, goOn })
        else goOn()
      },
      (thrown: unknown) => {
        if (!isAccountsError(thrown)) throw thrown
        if (thrown.kind !== 'email_not_verified') return setError(thrown)
        const expires_at = new Date(Date.now() + LIFETIME_MS).toISOString()
        keepRegistration({ registration: thrown.data.registration, email: null, expires_at })
        replace('/check-mail', { sent: 'verification' })
      },
    )
  }, [])
  if (half !== null) {
    const { secondFactor, goOn } = half
    return <SecondStep secondFactor={secondFactor} onSignedIn={goOn} restart={() => replace('/sign-in')} />
  }
  const label = (provider: string) => options?.providers.find((one) => one.provider === provider)?.label ?? provider
  return (
    <Card title={texts.signInMethods.callback.title}>
      {error === null ? (
        <p role="status">{texts.page.loading}</p>
      ) : (
        <>
          <Notice kind="bad">{problemOf(texts, error, label)}</Notice>
          <p>
            <Link to="/sign-in">{texts.page.toSignIn}</Link>
          </p>
        </>
      )}
    </Card>
  )
}

/** The state for the next page. */
function cameBack({ outcome, provider }: ProviderOutcome) {
  return outcome === 'linked' ? { linked: provider } : {}
}

function problemOf(texts: Texts, error: AccountsError, label: (provider: string) => string): string {
  const { callback } = texts.signInMethods
  switch (error.kind) {
    case 'invalid_token':
      return callback.tooLate
    case 'link_required':
      return callback.linkRequired(label(error.data.provider))
    case 'conflict':
      return callback.taken
    default:
      return errorText(texts, error)
  }
}
