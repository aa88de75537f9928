import { base64urlOf, bytesOf } from './base64url.js'
import type * as spec from './spec.js'

/*
 * Converts passkeys between the forms of the server and of the browser. Browsers can convert them
 * (`parseRequestOptionsFromJSON`, `toJSON`), but not the older ones that support passkeys, nor some extensions that
 * replace the browser's API.
 */

/** The argument of `navigator.credentials.get`. */
export function requestOptions(options: spec.PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  return {
    challenge: bytesOf(options.challenge),
    timeout: options.timeout,
    rpId: options.rpId,
    allowCredentials: options.allowCredentials.map(descriptor),
    userVerification: options.userVerification as UserVerificationRequirement,
  }
}

/** The argument of `navigator.credentials.create`. */
export function creationOptions(
  options: spec.PublicKeyCredentialCreationOptionsJSON,
): PublicKeyCredentialCreationOptions {
  const { residentKey, requireResidentKey, userVerification } = options.authenticatorSelection
  return {
    rp: options.rp,
    user: { ...options.user, id: bytesOf(options.user.id) },
    challenge: bytesOf(options.challenge),
    pubKeyCredParams: options.pubKeyCredParams.map(({ alg }) => ({ type: 'public-key', alg })),
    timeout: options.timeout,
    excludeCredentials: options.excludeCredentials.map(descriptor),
    authenticatorSelection: {
      residentKey: residentKey as ResidentKeyRequirement,
      requireResidentKey,
      userVerification: userVerification as UserVerificationRequirement,
    },
    attestation: options.attestation as AttestationConveyancePreference,
  }
}

/** A passkey that was used. */
export function authenticationJson(credential: PublicKeyCredential): spec.AuthenticationResponseJSON {
  const response = credential.response as AuthenticatorAssertionResponse
  return {
    ...identity(credential),
    response: {
      authenticatorData: base64urlOf(response.authenticatorData),
      clientDataJSON: base64urlOf(response.clientDataJSON),
      signature: base64urlOf(response.signature),
      userHandle: response.userHandle && base64urlOf(response.userHandle),
    },
  }
}

/** A passkey that was created. */
export function registrationJson(credential: PublicKeyCredential): spec.RegistrationResponseJSON {
  const response = credential.response as AuthenticatorAttestationResponse
  return {
    ...identity(credential),
    response: {
      attestationObject: base64urlOf(response.attestationObject),
      clientDataJSON: base64urlOf(response.clientDataJSON),
    },
  }
}

function identity({ id, rawId }: PublicKeyCredential) {
  return { id, rawId: base64urlOf(rawId), type: 'public-key' as const }
}

function descriptor({ id }: spec.PublicKeyCredentialDescriptorJSON): PublicKeyCredentialDescriptor {
  return { type: 'public-key', id: bytesOf(id) }
}
