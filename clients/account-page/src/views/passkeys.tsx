import { hasPasskeys, type LivePasskey } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useDates, useTexts } from '../language.js'
import { Dialog } from '../parts/dialog.js'
import { Field } from '../parts/field.js'
import { FormFrame } from '../parts/form-frame.js'
import { Icon } from '../parts/icons.js'
import { Notice, Status } from '../parts/notice.js'
import { proven } from '../proof.js'
import { tidyText } from '../text.js'

export function Passkeys({ passkeys }: { readonly passkeys: readonly LivePasskey[] }) {
  const texts = useTexts()
  const words = texts.signInMethods.passkeys
  const [added, setAdded] = useState<string | null>(null)
  const form = useForm({
    fields: [],
    async send() {
      setAdded(null)
      const { name } = await write(() => proven(() => accounts.registerPasskey()))
      setAdded(name)
    },
  })
  return (
    <section class="part" aria-labelledby="passkeys">
      <h3 id="passkeys">{words.title}</h3>
      <p class="quiet">{words.explain}</p>
      {passkeys.length === 0 ? (
        <p>{words.none}</p>
      ) : (
        <ul class="rows">
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <Row passkey={passkey} />
            </li>
          ))}
        </ul>
      )}
      <Status>{added !== null && <Notice kind="good">{words.added(added)}</Notice>}</Status>
      {hasPasskeys() ? (
        <form ref={form.element} onSubmit={form.submit} aria-label={words.add}>
          {form.problem !== null && <Notice kind="bad">{form.problem}</Notice>}
          <div class="buttons">
            <button type="submit" aria-disabled={form.isBusy}>
              <Icon name="plus" /> {words.add}
            </button>
          </div>
        </form>
      ) : (
        <p class="quiet">{words.unsupported}</p>
      )}
    </section>
  )
}

function Row({ passkey }: { readonly passkey: LivePasskey }) {
  const texts = useTexts()
  const words = texts.signInMethods.passkeys
  const date = useDates()
  const [doing, setDoing] = useState<'rename' | 'delete' | null>(null)
  const close = () => setDoing(null)
  const { id, name, created_at, last_used_at, backed_up } = passkey
  if (doing === 'rename') return <Rename passkey={passkey} close={close} />
  const label = `passkey-${id}`
  return (
    <article class="row" aria-labelledby={label}>
      <Icon name="passkey" />
      <div class="grow">
        <h4 id={label}>
          {name}
          {backed_up && <span class="badge">{words.synced}</span>}
        </h4>
        <p class="quiet">
          {words.since(date(created_at, 'date'))}{' '}
          {last_used_at !== undefined && (
            <span class="then">{last_used_at === null ? words.neverUsed : words.lastUsed(date(last_used_at))}</span>
          )}
        </p>
      </div>
      <button type="button" aria-label={words.renameOf(name)} onClick={() => setDoing('rename')}>
        {words.rename}
      </button>
      <button type="button" aria-label={words.removeOf(name)} onClick={() => setDoing('delete')}>
        {words.remove}
      </button>
      {doing === 'delete' && (
        <Dialog
          title={words.removeTitle(name)}
          explain={words.removeExplain}
          confirm={words.remove}
          run={() => write(() => proven(() => accounts.call('passkeys.delete', { passkey_id: id })))}
          onClose={close}
        />
      )}
    </article>
  )
}

function Rename({ passkey: { id, name }, close }: { readonly passkey: LivePasskey; readonly close: () => void }) {
  const texts = useTexts()
  const words = texts.signInMethods.passkeys
  const [typed, setTyped] = useState(name)
  const form = useForm({
    fields: ['name'],
    missing: () => (tidyText(typed) ? [] : ['name']),
    async send() {
      await write(() => accounts.call('passkeys.rename', { passkey_id: id, name: typed }))
      close()
    },
  })
  return (
    <FormFrame form={form} submit={texts.page.save} label={words.renameOf(name)} onCancel={[texts.page.cancel, close]}>
      <Field form={form} name="name" value={typed} onValue={setTyped} autoComplete="off" />
    </FormFrame>
  )
}
