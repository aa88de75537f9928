import { Verifier } from '../../src/index.js'
import { ordersApp } from './app.js'

function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`set ${name}`)
  return value
}

const serviceUrl = process.env['ACCOUNTS_SERVICE_URL']
const verifier = new Verifier({
  url: setting('ACCOUNTS_URL'),
  ...(serviceUrl ? { serviceUrl } : {}),
  serviceKey: setting('ACCOUNTS_SERVICE_KEY'),
  issuer: setting('ACCOUNTS_ISSUER'),
  audience: 'orders',
}).start()
await verifier.ready()
const server = ordersApp(verifier).listen(Number(process.env['PORT'] ?? 3000))
process.once('SIGTERM', () => {
  server.close()
  verifier.close()
})
