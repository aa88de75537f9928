import type { LiveSignInMethods, OfferedProvider } from '@marbelle/accounts'
import { useState } from 'preact/hooks'
import { accounts, write } from '../accounts.js'
import { useForm } from '../form.js'
import { useDates, useTexts } from '../language.js'
import { Dialog } from '../parts/dialog.js'
import { Notice, Status } from '../parts/notice.js'
import { proven } from '../proof.js'
import { told } from '../route.js'

type Linked = LiveSignInMethods['providers'][number]

interface LinkedProvidersProps {
  readonly linked: readonly Linked[]
  /** The configured providers. */
  readonly offered: readonly OfferedProvider[]
}

/** Accounts elsewhere that can sign in to this one. */
export function LinkedProviders({ linked, offered }: LinkedProvidersProps) {
  const texts = useTexts()
  const words = texts.signInMethods.providers
  const others = offered.filter(({ provider }) => !linked.some((link) => link.provider === provider))
  const came = linked.find(({ provider }) => provider === told().linked)
  return (
    <section class="part" aria-labelledby="providers">
      <h3 id="providers">{words.title}</h3>
      <p class="quiet">{words.explain}</p>
      <Status>{came && <Notice kind="good">{words.linked(came.label)}</Notice>}</Status>
      <ul class="rows">
        {linked.map((link) => (
          <li key={link.provider}>
            <LinkedProvider link={link} />
          </li>
        ))}
        {others.map((provider) => (
          <li key={provider.provider}>
            <OtherProvider offered={provider} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function LinkedProvider({ link: { provider, label, email, linked_at } }: { readonly link: Linked }) {
  const texts = useTexts()
  const words = texts.signInMethods.providers
  const date = useDates()
  const [isAsking, setAsking] = useState(false)
  const name = `provider-${provider}`
  return (
    <article class="row" aria-labelledby={name}>
      <div class="grow">
        <h4 id={name}>{label}</h4>
        <p class="quiet">
          {email === null ? (
            words.since(date(linked_at, 'date'))
          ) : (
            <>
              {email} <span class="then">{words.since(date(linked_at, 'date'))}</span>
            </>
          )}
        </p>
      </div>
      <button type="button" aria-label={words.unlinkOf(label)} onClick={() => setAsking(true)}>
        {words.unlink}
      </button>
      {isAsking && (
        <Dialog
          title={words.unlinkTitle(label)}
          explain={words.unlinkExplain}
          confirm={words.unlink}
          run={() => write(() => proven(() => accounts.call('providers.unlink', { provider })))}
          onClose={() => setAsking(false)}
        />
      )}
    </article>
  )
}

function OtherProvider({ offered: { provider, label } }: { readonly offered: OfferedProvider }) {
  const texts = useTexts()
  const words = texts.signInMethods.providers
  const name = `provider-${provider}`
  const form = useForm({
    fields: [],
    send: () => proven(() => accounts.linkProvider(provider, { returnTo: '/security' })),
  })
  return (
    <article class="row" aria-labelledby={name}>
      <div class="grow">
        <h4 id={name}>{label}</h4>
        <p class="quiet">{words.notLinked}</p>
      </div>
      <form ref={form.element} onSubmit={form.submit} aria-label={words.linkOf(label)}>
        {form.problem !== null && <Notice kind="bad">{form.problem}</Notice>}
        <button type="submit" aria-disabled={form.isBusy} aria-label={words.linkOf(label)}>
          {words.link}
        </button>
      </form>
    </article>
  )
}
