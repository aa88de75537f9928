import type { LiveSignInMethods, TotpSetup } from '@marbelle/accounts'
import { useEffect, useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useTexts } from '../language.js'
import { Dialog } from '../parts/dialog.js'
import { digitsOf } from '../parts/factor-form.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { Notice, Status } from '../parts/notice.js'
import { QrCode } from '../parts/qr-code.js'
import { proven } from '../proof.js'
import { FEW_CODES, RecoveryCodes } from './recovery-codes.js'

interface AuthenticatorAppProps {
  readonly methods: LiveSignInMethods
  readonly email: string
}

/** The second factor, and the recovery codes that can replace it. */
export function AuthenticatorApp({ methods: { totp, recovery_codes_left }, email }: AuthenticatorAppProps) {
  const texts = useTexts()
  const words = texts.signInMethods.app
  const [setup, setSetup] = useState<TotpSetup | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  useEffect(() => {
    // Turned on or off, here or elsewhere: a started setup is void.
    setSetup(null)
    if (!totp) setCodes(null)
  }, [totp])
  return (
    <section class="part" aria-labelledby="authenticator">
      <h3 id="authenticator">{words.title}</h3>
      <p class="quiet">{words.explain}</p>
      <Status>
        <p>
          {totp ? words.on : words.off} {recovery_codes_left !== null && texts.signInMethods.codes.left(recovery_codes_left)}
        </p>
        {recovery_codes_left !== null && recovery_codes_left <= FEW_CODES && (
          <Notice kind="plain">{texts.signInMethods.codes.few}</Notice>
        )}
      </Status>
      {codes !== null && <RecoveryCodes codes={codes} email={email} close={() => setCodes(null)} />}
      {totp ? (
        <Settings onCodes={setCodes} />
      ) : setup === null ? (
        <Begin onSetup={setSetup} />
      ) : (
        <Enable setup={setup} onCodes={setCodes} close={() => setSetup(null)} />
      )}
    </section>
  )
}

function Begin({ onSetup }: { readonly onSetup: (setup: TotpSetup) => void }) {
  const texts = useTexts()
  const form = useForm({
    fields: [],
    send: async () => onSetup(await proven(() => accounts.call('totp.begin'))),
  })
  return (
    <FormFrame form={form} submit={texts.signInMethods.app.begin} label={texts.signInMethods.app.begin} isQuiet>
      {null}
    </FormFrame>
  )
}

interface EnableProps {
  readonly setup: TotpSetup
  readonly onCodes: (codes: readonly string[]) => void
  readonly close: () => void
}

function Enable({ setup: { setup, secret, uri, qr_svg }, onCodes, close }: EnableProps) {
  const texts = useTexts()
  const words = texts.signInMethods.app
  const [typed, setTyped] = useState('')
  const code = digitsOf(typed)
  const form = useForm({
    fields: ['totp'],
    missing: () => (code ? [] : ['totp']),
    place: { invalid_credentials: ['totp', ({ faults }) => faults.totp] },
    say: { invalid_token: () => words.tooOld },
    async send() {
      onCodes((await write(() => accounts.call('totp.enable', { setup, code }))).recovery_codes)
    },
  })
  return (
    <FormFrame form={form} submit={words.submit} label={words.begin} onCancel={[texts.page.cancel, close]}>
      <p>{words.scan}</p>
      <QrCode svg={qr_svg} label={words.qr} />
      <p>
        {words.key}: <code class="key">{secret.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
      <p>
        <a href={uri}>{words.open}</a>
      </p>
      <Field
        form={form}
        name="totp"
        value={typed}
        onValue={setTyped}
        autoComplete="one-time-code"
        inputMode="numeric"
        hint={texts.hints.totp}
      />
    </FormFrame>
  )
}

/** While it is on. */
function Settings({ onCodes }: { readonly onCodes: (codes: readonly string[]) => void }) {
  const texts = useTexts()
  const { app, codes } = texts.signInMethods
  const [asking, setAsking] = useState<'renew' | 'off' | null>(null)
  const close = () => setAsking(null)
  return (
    <div class="buttons">
      <button type="button" onClick={() => setAsking('renew')}>
        {codes.renew}
      </button>
      <button type="button" onClick={() => setAsking('off')}>
        {app.turnOff}
      </button>
      {asking === 'renew' && (
        <Dialog
          title={codes.renewTitle}
          explain={codes.renewExplain}
          confirm={codes.renew}
          run={async () =>
            onCodes((await write(() => proven(() => accounts.call('recovery_codes.renew')))).recovery_codes)
          }
          onClose={close}
        />
      )}
      {asking === 'off' && (
        <Dialog
          title={app.turnOffTitle}
          explain={app.turnOffExplain}
          confirm={app.turnOff}
          run={() => write(() => proven(() => accounts.call('totp.disable')))}
          onClose={close}
        />
      )}
    </div>
  )
}
