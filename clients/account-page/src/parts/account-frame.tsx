import { isAccountsError, type LiveAccount } from '@marbelle/accounts'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { accounts, useAccounts } from '../accounts.js'
import { errorText, offlineText } from '../faults.js'
import { useTexts } from '../language.js'
import { page } from '../page.js'
import { Link } from '../route.js'
import { Icon } from './icons.js'
import { Notice } from './notice.js'
import { fullName } from '../text.js'

const PAGES = ['profile', 'addresses', 'devices', 'security'] as const

interface AccountFrameProps {
  readonly account: LiveAccount
  readonly path: string
  readonly children: ComponentChildren
}

/** Around the pages of the account. */
export function AccountFrame({ account, path, children }: AccountFrameProps) {
  const texts = useTexts()
  const connection = useAccounts((state) => state.connection)
  const { status } = connection
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    // The shown state is up to date again, so the reader is signed in.
    if (status === 'live') setProblem(null)
  }, [path, status])
  const signOut = async () => {
    setProblem(null)
    try {
      await accounts.signOut('local')
    } catch (error) {
      if (!isAccountsError(error)) throw error
      setProblem(errorText(texts, error))
    }
  }
  return (
    <div class="account">
      <a class="skip" href="#content">
        {texts.page.skip}
      </a>
      <header>
        <Link to="/profile" class="wordmark">
          {page.shop}
        </Link>
        <p class="who">{fullName(account.profile)}</p>
        <button type="button" class="sign-out" onClick={() => void signOut()}>
          <Icon name="signOut" /> {texts.page.signOut}
        </button>
      </header>
      <nav class="pages" aria-label={texts.page.menu}>
        {PAGES.map((name) => (
          <Link key={name} to={`/${name}`} current={path === `/${name}`}>
            <Icon name={name} /> <span>{texts[name].title}</span>
          </Link>
        ))}
      </nav>
      <main id="content" class="stack" tabIndex={-1}>
        <div role="status" class="offline">
          {connection.status === 'offline' && (
            <p class="notice plain">{offlineText(texts, connection, texts.connection.offline)}</p>
          )}
        </div>
        {problem !== null && <Notice kind="bad">{problem}</Notice>}
        {children}
      </main>
      <footer>
        <p class={`state ${status}`}>
          {status === 'live' ? texts.connection.live : status === 'offline' ? '' : texts.connection.connecting}
        </p>
      </footer>
    </div>
  )
}
