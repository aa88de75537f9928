import type { LiveAccount } from '@marbelle/accounts'
import { useEffect } from 'preact/hooks'
import { accounts } from '../accounts.js'
import { useTexts } from '../language.js'
import { useOptions } from '../options.js'
import { useFlash } from '../parts/flash.js'
import { AuthenticatorApp } from './authenticator-app.js'
import { LinkedProviders } from './linked-providers.js'
import { Passkeys } from './passkeys.js'

/** The sign-in methods of the account besides the password. */
export function SignInMethods({ account }: { readonly account: LiveAccount }) {
  const texts = useTexts()
  const options = useOptions()
  const { profile, sign_in_methods: methods } = account
  const element = useFlash<HTMLElement>(methods.revision)
  useEffect(() => {
    // The time of a passkey's last use stays as it was read; the banner reports a lost connection.
    accounts.readSignInMethods().catch(() => {})
  }, [methods.revision])
  return (
    <section ref={element} class="panel" aria-labelledby="sign-in-methods">
      <h2 id="sign-in-methods">{texts.signInMethods.methods.title}</h2>
      {(options?.passkeys || methods.passkeys.length > 0) && <Passkeys passkeys={methods.passkeys} />}
      <AuthenticatorApp methods={methods} email={profile.email} />
      {(methods.providers.length > 0 || (options?.providers.length ?? 0) > 0) && (
        <LinkedProviders linked={methods.providers} offered={options?.providers ?? []} />
      )}
    </section>
  )
}
