import type { EndReason, LiveAccount, Locale } from '@marbelle/accounts'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { onNews, useAccounts } from './accounts.js'
import { offlineText } from './faults.js'
import { LanguageContext, LANGUAGES, LOCALES, storedLocale, storeLocale, useTexts } from './language.js'
import { AccountFrame } from './parts/account-frame.js'
import { ProofDialog } from './parts/proof-dialog.js'
import { Visitor } from './parts/visitor-frame.js'
import { replace, told, usePath } from './route.js'
import { AcceptInvitation } from './views/accept-invitation.js'
import { Addresses } from './views/addresses.js'
import { CheckMail } from './views/check-mail.js'
import { Devices } from './views/devices.js'
import { ForgottenPassword } from './views/forgotten-password.js'
import { ConfirmDeletion, ConfirmEmailChange, PasswordReset, VerifyEmail } from './views/letter-links.js'
import { Profile } from './views/profile.js'
import { ProviderCallback } from './views/provider-callback.js'
import { Register } from './views/register.js'
import { Security } from './views/security.js'
import { Done, SignIn } from './views/sign-in.js'

/** Pages for everybody, signed in or not. */
const OPEN: Readonly<Record<string, () => ComponentChildren>> = {
  '/register': () => <Register />,
  '/accept-invitation': () => <AcceptInvitation />,
  '/check-mail': () => <CheckMail />,
  '/forgotten-password': () => <ForgottenPassword />,
  '/verify-email': () => <VerifyEmail />,
  '/password-reset': () => <PasswordReset />,
  '/confirm-email-change': () => <ConfirmEmailChange />,
  '/confirm-deletion': () => <ConfirmDeletion />,
  '/provider-callback': () => <ProviderCallback />,
}

/** Pages of the account. */
const OWN: Readonly<Record<string, (account: LiveAccount) => ComponentChildren>> = {
  '/profile': (account) => <Profile account={account} />,
  '/addresses': ({ addresses }) => <Addresses addresses={addresses} />,
  '/devices': ({ sessions }) => <Devices sessions={sessions} />,
  '/security': (account) => <Security account={account} />,
}

export function App() {
  const [chosen, setChosen] = useState(storedLocale)
  const own = useAccounts(({ account }) => account?.profile.locale)
  const locale = own ?? chosen
  const choose = (next: Locale) => {
    storeLocale(next)
    setChosen(next)
  }
  useEffect(() => {
    document.documentElement.lang = locale
    // After signing out the page keeps the language of the account.
    if (own) choose(own)
  }, [locale, own])
  return (
    <LanguageContext.Provider value={{ locale, texts: LANGUAGES[locale] }}>
      <Pages languages={<Languages locale={locale} choose={choose} />} />
      <News />
    </LanguageContext.Provider>
  )
}

function Pages({ languages }: { readonly languages: ComponentChildren }) {
  const texts = useTexts()
  const path = usePath()
  const account = useAccounts((state) => state.account)
  const connection = useAccounts((state) => state.connection)
  // A tab whose session ended keeps showing the reason, until somebody signs in.
  const reason: EndReason | null = connection.status === 'signed_out' ? connection.reason : null
  const open = OPEN[path]
  const own = OWN[path]
  // `/` and `/sign-in`: the server has no other path.
  const isHome = own === undefined
  const { done } = told()
  useEffect(() => {
    if (account !== null && isHome && open === undefined && done === undefined) replace('/profile')
  }, [account !== null, isHome, open, done])

  if (open) return <Visitor languages={languages}>{open()}</Visitor>
  if (connection.status === 'signed_out') {
    return (
      <Visitor languages={languages}>
        <SignIn reason={reason} />
      </Visitor>
    )
  }
  // A letter's link may be for another account than the signed-in one.
  if (account !== null && isHome && done !== undefined) {
    return (
      <Visitor languages={languages}>
        <Done done={done} />
      </Visitor>
    )
  }
  if (account === null || !own) {
    return (
      <Visitor languages={languages}>
        <p class="wait" role="status">
          {connection.status === 'offline'
            ? offlineText(texts, connection, texts.connection.waiting)
            : texts.page.loading}
        </p>
      </Visitor>
    )
  }
  return (
    <>
      <AccountFrame account={account} path={path}>
        {own(account)}
      </AccountFrame>
      <ProofDialog />
    </>
  )
}

interface LanguagesProps {
  readonly locale: Locale
  readonly choose: (locale: Locale) => void
}

/** For visitors who are not signed in; others have the language of the profile. */
function Languages({ locale, choose }: LanguagesProps) {
  const texts = useTexts()
  return (
    <nav class="languages" aria-label={texts.page.languages}>
      {LOCALES.map((one) => (
        <button key={one} type="button" lang={one} aria-pressed={one === locale} onClick={() => choose(one)}>
          {LANGUAGES[one].language}
        </button>
      ))}
    </nav>
  )
}

/** How long it is shown that something changed elsewhere. */
const NEWS_MS = 4_000

function News() {
  const texts = useTexts()
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = onNews(() => {
      setShown(true)
      clearTimeout(timer)
      timer = setTimeout(() => setShown(false), NEWS_MS)
    })
    return () => {
      clearTimeout(timer)
      end()
    }
  }, [])
  return (
    <div class="news" role="status">
      {isShown && <p>{texts.page.changedElsewhere}</p>}
    </div>
  )
}
