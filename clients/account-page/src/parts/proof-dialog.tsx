import { useEffect, useId, useRef } from 'preact/hooks'
import { accounts, useAccounts } from '../accounts.js'
import { device_name } from '../device.js'
import { useTexts } from '../language.js'
import { type ProofAsked, useProofAsked } from '../proof.js'
import { FactorForm } from './factor-form.js'
import { ProviderButtons } from './provider-buttons.js'

/** Asks for a proof while a call waits for it. */
export function ProofDialog() {
  const asked = useProofAsked()
  return asked && <Asking asked={asked} />
}

function Asking({ asked }: { readonly asked: ProofAsked }) {
  const texts = useTexts()
  const { proof } = texts.signInMethods
  const id = useId()
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    element.current?.showModal()
    // The session may end in the meantime.
    return () => asked.answer(false)
  }, [])
  const account = useAccounts((state) => state.account)
  const email = account?.profile.email
  const cancel = () => asked.answer(false)
  return (
    <dialog ref={element} aria-labelledby={id} aria-describedby={`${id}-explain`} onClose={cancel}>
      <h2 id={id}>{proof.title}</h2>
      <p id={`${id}-explain`}>{proof.explain}</p>
      <FactorForm
        methods={asked.methods}
        submit={proof.submit}
        {...(email === undefined ? {} : { username: email })}
        show={async (factor) => {
          await accounts.prove(factor)
          asked.answer(true)
        }}
      />
      {asked.methods.includes('provider') && (
        <>
          <p>{proof.providerExplain}</p>
          <ProviderButtons
            providers={account?.sign_in_methods.providers ?? []}
            visit={(provider) =>
              accounts.signInWithProvider(provider, { device_name, returnTo: location.pathname })
            }
          />
        </>
      )}
      <div class="buttons">
        <button type="button" onClick={cancel}>
          {texts.page.cancel}
        </button>
      </div>
    </dialog>
  )
}
