import { type AccountsError, isAccountsError, type LiveAccount, type SecurityEvent } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts, useAccounts } from '../accounts.js'
import { nameOfAgent } from '../device.js'
import { errorText } from '../faults.js'
import { useDates, useTexts } from '../language.js'
import { Notice } from '../parts/notice.js'
import { Title } from '../parts/title.js'
import { PasswordChange } from './password-change.js'
import { SignInMethods } from './sign-in-methods.js'

const PAGE = 20

export function Security({ account }: { readonly account: LiveAccount }) {
  const texts = useTexts()
  return (
    <>
      <Title>{texts.security.title}</Title>
      <SignInMethods account={account} />
      <PasswordChange methods={account.sign_in_methods} email={account.profile.email} />
      <Log />
    </>
  )
}

function Log() {
  const texts = useTexts()
  const date = useDates()
  const account = useAccounts((state) => state.account)
  const [events, setEvents] = useState<readonly SecurityEvent[]>([])
  const [hasMore, setMore] = useState(false)
  const [error, setError] = useState<AccountsError | null>(null)
  const current = account?.sessions.find((session) => session.current)?.id
  const read = async (before: string | null) => {
    try {
      const log = await accounts.call('account.security_log', { before, limit: PAGE })
      setEvents((shown) => joined(shown, log.events))
      if (before !== null || events.length === 0) setMore(log.more)
      setError(null)
    } catch (thrown) {
      if (!isAccountsError(thrown)) throw thrown
      setError(thrown)
    }
  }
  // The log is not in the feed; events of the feed are a reason to read it again.
  useEffect(() => void read(null), [account?.revision])
  return (
    <section class="panel" aria-labelledby="log">
      <h2 id="log">{texts.security.log}</h2>
      <p class="quiet">{texts.security.logExplain}</p>
      {error !== null && <Notice kind="bad">{errorText(texts, error)}</Notice>}
      <ul class="log">
        {events.map(({ id, at, type, ip, user_agent, session_id }) => (
          <li key={id}>
            <span>{texts.security.events[type]}</span>
            <span class="quiet">
              <time dateTime={at}>{date(at)}</time>
              {[
                ip,
                session_id !== null && session_id === current
                  ? texts.security.thisDevice
                  : user_agent !== null && nameOfAgent(user_agent),
              ]
                .filter(Boolean)
                .map((part) => [' ', <span class="then">{part}</span>])}
            </span>
          </li>
        ))}
      </ul>
      {hasMore && (
        <div class="buttons">
          <button type="button" onClick={() => void read(events.at(-1)?.id ?? null)}>
            {texts.security.older}
          </button>
        </div>
      )}
    </section>
  )
}

/** Newest first, each once. */
function joined(shown: readonly SecurityEvent[], read: readonly SecurityEvent[]): SecurityEvent[] {
  const events = new Map([...shown, ...read].map((event) => [event.id, event]))
  return [...events.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
}
