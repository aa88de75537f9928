// Verifies the tokens on standard input, one a line, and says of each what it is, in a line of JSON.
import { createInterface } from 'node:readline'
import { Verifier } from '@marbelle/verify'

const { ACCOUNTS_URL, ACCOUNTS_SERVICE_URL, ACCOUNTS_SERVICE_KEY, ACCOUNTS_ISSUER, ACCOUNTS_AUDIENCE } = process.env
const verifier = new Verifier({
  url: ACCOUNTS_URL,
  serviceUrl: ACCOUNTS_SERVICE_URL,
  serviceKey: ACCOUNTS_SERVICE_KEY,
  issuer: ACCOUNTS_ISSUER,
  audience: ACCOUNTS_AUDIENCE,
}).start()

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

await verifier.ready()
say('ready')
for await (const token of createInterface({ input: process.stdin })) {
  say(
    await verifier.verify(token).then(
      ({ userId, version }) => ({ user_id: userId, version }),
      ({ code, reason = null }) => ({ code, reason }),
    ),
  )
}
verifier.close()
