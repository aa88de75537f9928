import { accounts } from '../accounts.js'
import { useTexts } from '../language.js'
import { useOptions } from '../options.js'
import { ProviderButtons } from '../parts/provider-buttons.js'
import { told } from '../route.js'
import { NoRegistration, RegistrationForm } from './register.js'

/** Where the letter of an invitation leads: to a registration, by a password or by a provider. */
export function AcceptInvitation() {
  const texts = useTexts()
  const options = useOptions()
  const { token } = told()
  const { title, explain, bad } = texts.invitation
  if (token === undefined) return <NoRegistration title={title} why={texts.link.missing} />
  if (options?.sign_up === 'closed') return <NoRegistration title={title} why={texts.errors.sign_up_closed} />
  return (
    <RegistrationForm
      title={title}
      before={<p>{explain}</p>}
      params={{ invitation: token }}
      refused={bad}
      after={
        <ProviderButtons
          providers={options?.providers ?? []}
          visit={(provider) => accounts.signInWithProvider(provider, { invitation: token })}
        />
      }
    />
  )
}
