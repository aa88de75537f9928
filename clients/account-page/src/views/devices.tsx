import { isAccountsError, type LiveSession } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { nameOfAgent } from '../device.js'
import { errorText } from '../faults.js'
import { useDates, useTexts } from '../language.js'
import { Dialog } from '../parts/dialog.js'
import { Icon } from '../parts/icons.js'
import { Notice } from '../parts/notice.js'
import { Title } from '../parts/title.js'

/** How often the connected devices are read: the feed does not include them. */
const LOOK_MS = 15_000

export function Devices({ sessions }: { readonly sessions: readonly LiveSession[] }) {
  const texts = useTexts()
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const ids = sessions.map(({ id }) => id).join()
  useEffect(() => {
    const look = () => {
      // The shown state stays; the banner reports a lost connection.
      if (document.visibilityState === 'visible') accounts.readSessions().catch(() => {})
    }
    look()
    const timer = setInterval(look, LOOK_MS)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [ids])
  const attempt = async (call: () => Promise<unknown>) => {
    setProblem(null)
    try {
      await call()
    } catch (error) {
      if (!isAccountsError(error)) throw error
      setProblem(errorText(texts, error))
    }
  }
  const mine = [...sessions].sort((a, b) => Number(b.current) - Number(a.current))
  return (
    <>
      <Title>{texts.devices.title}</Title>
      <p>{texts.devices.explain}</p>
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
      <ul class="list">
        {mine.map((session) => (
          <li key={session.id}>
            <Device
              session={session}
              signOut={() => void attempt(() => accounts.call('session.revoke', { session_id: session.id }))}
            />
          </li>
        ))}
      </ul>
      <div class="buttons">
        {sessions.length > 1 && (
          <button type="button" onClick={() => void attempt(() => accounts.signOut('others'))}>
            {texts.devices.others}
          </button>
        )}
        <button type="button" onClick={() => setAsking(true)}>
          {texts.devices.everywhere}
        </button>
        <button
          type="button"
          aria-describedby="forget"
          onClick={() => void attempt(() => accounts.signOut('local', { forgetDevice: true }))}
        >
          {texts.devices.forget}
        </button>
      </div>
      <p class="quiet" id="forget">
        {texts.devices.forgetExplain}
      </p>
      {isAsking && (
        <Dialog
          title={texts.devices.everywhereTitle}
          explain={texts.devices.everywhereExplain}
          confirm={texts.devices.everywhere}
          run={() => accounts.signOut('global')}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

function Device({ session, signOut }: { readonly session: LiveSession; readonly signOut: () => void }) {
  const texts = useTexts()
  const date = useDates()
  const { device_name, user_agent } = session
  const device = device_name ?? (user_agent === null ? texts.devices.unknown : nameOfAgent(user_agent))
  const name = `session-${session.id}`
  return (
    <article class="panel row" aria-labelledby={name}>
      <Icon name="devices" />
      <div class="grow">
        <h2 id={name}>
          {device}
          {session.current && <span class="badge">{texts.devices.thisOne}</span>}
        </h2>
        <p class="quiet">
          {session.connected ? (
            <span class="connected">{texts.devices.connected}</span>
          ) : (
            session.last_seen_at && texts.devices.lastSeen(date(session.last_seen_at))
          )}
        </p>
        <p class="quiet">
          {texts.devices.since(date(session.created_at))} <span class="then">{session.ip}</span>
        </p>
      </div>
      {!session.current && (
        <button type="button" aria-label={texts.devices.signOutOf(device)} onClick={signOut}>
          {texts.devices.signOut}
        </button>
      )}
    </article>
  )
}
