import { type AccountsError, type Factor, isAccountsError, type Proof, type SecondFactor } from '@marbelle/accounts'
import { useTexts } from '../language.js'
import { FactorForm } from '../parts/factor-form.js'
import { Card } from '../parts/title.js'

interface SecondStepProps {
  readonly secondFactor: SecondFactor
  readonly onSignedIn: () => void
  /** The sign-in starts again; with the error that ended it, if any. */
  readonly restart: (error: AccountsError | null) => void
}

/** A sign-in that lacks its second factor. */
export function SecondStep({ secondFactor, onSignedIn, restart }: SecondStepProps) {
  const texts = useTexts()
  const { secondStep } = texts.signInMethods
  const show = async (proof: Proof) => {
    try {
      // A password is not one of the factors.
      await secondFactor.complete(proof as Factor)
    } catch (error) {
      const isOver = isAccountsError(error) && error.kind === 'invalid_token'
      if (!isOver) throw error
      return restart(error)
    }
    onSignedIn()
  }
  return (
    <Card title={secondStep.title}>
      <p>{secondStep.explain}</p>
      <FactorForm methods={secondFactor.factors} submit={secondStep.submit} show={show} />
      <p>
        <button type="button" class="link" onClick={() => restart(null)}>
          {secondStep.back}
        </button>
      </p>
    </Card>
  )
}
