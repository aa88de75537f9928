import { useEffect, useId, useRef } from 'preact/hooks'
import { accounts, useAccounts } from '../accounts.js'
import { useTexts } from '../language.js'
import { type ProofAsked, useProofAsked } from '../proof.js'
import { FactorForm } from './factor-form.js'

/** Asks for proof while a call waits for it. */
export function ProofDialog() {
  const asked = useProofAsked()
  return asked && <Asking asked={asked} />
}

function Asking({ asked }: { readonly asked: ProofAsked }) {
  const texts = useTexts()
  const { proof } = texts.waysIn
  const id = useId()
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    element.current?.showModal()
    // The session may end meanwhile.
    return () => asked.answer(false)
  }, [])
  const email = useAccounts(({ account }) => account?.profile.email)
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
      <div class="buttons">
        <button type="button" onClick={cancel}>
          {texts.page.cancel}
        </button>
      </div>
    </dialog>
  )
}
