import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AccountsClient, inMemory, type ProviderFlow } from '../src/index.js'
import { Browser } from './support/browser.js'
import { Refusal, Scripted } from './support/scripted.js'
import { until } from './support/wait.js'

const BACK = 'https://shop.example/provider-callback'

let server: Scripted
let browser: Browser
let visited: string[]
let flow: ReturnType<typeof inMemory<ProviderFlow>>
beforeEach(async () => {
  server = await Scripted.start()
  browser = new Browser(server.url)
  visited = []
  flow = inMemory()
  const begin = () => ({ flow: 'secret', authorization_url: 'https://provider.example/auth', expires_at: '' })
  server.answers['auth.begin_provider_login'] = begin
  server.answers['providers.begin_link'] = begin
  server.answers['auth.login_provider'] = (params, caller) => server.answers['auth.login']!(params, caller)
  server.answers['providers.link'] = () => ({ providers: [] })
})
afterEach(async () => {
  browser.close()
  await server.end()
})

const tab = (): AccountsClient => browser.tab({ flow, visit: (url) => visited.push(url) })

const sent = (method: string) => server.calls.filter((call) => call.method === method).map(({ params }) => params)

it('a sign-in goes to the provider and is finished in another page of the same tab, in every tab', async () => {
  const other = tab()
  await tab().signInWithProvider('google', { device_name: 'Laptop', returnTo: '/basket' })
  expect(visited).toEqual(['https://provider.example/auth'])
  expect(sent('auth.begin_provider_login')).toEqual([{ provider: 'google', device_name: 'Laptop' }])
  const query = new URLSearchParams({ code: 'c+/=', state: 's', iss: 'https://provider.example', user: '{"name":{}}' })
  const outcome = await tab().finishProvider(`${BACK}?${query}`)
  expect(outcome).toMatchObject({ outcome: 'signed_in', provider: 'google', returnTo: '/basket', session: { id: 'session' } })
  expect(sent('auth.login_provider')).toEqual([
    { flow: 'secret', code: 'c+/=', state: 's', iss: 'https://provider.example', user: '{"name":{}}', credentials: 'bearer' },
  ])
  await until(other, ({ account }) => account !== null)
})

it('a sign-in may lack its second factor', async () => {
  server.answers['auth.login_provider'] = () => {
    throw new Refusal('second_factor_required', { challenge: 'c', expires_at: '', factors: ['totp'], passkey: null })
  }
  server.answers['auth.login_second_factor'] = (params, caller) => server.answers['auth.login']!(params, caller)
  const one = tab()
  await one.signInWithProvider('google')
  const outcome = await one.finishProvider(`${BACK}?code=c&state=s`)
  if (outcome.outcome !== 'second_factor_required') throw new Error('it was not asked for')
  expect(outcome.returnTo).toBeNull()
  await outcome.secondFactor.complete({ totp: '123456' })
  expect(sent('auth.login_second_factor')).toEqual([{ challenge: 'c', totp: '123456', credentials: 'bearer' }])
})

it('a link is finished as a link, without what only a sign-in takes', async () => {
  const one = tab()
  await one.signIn({ email: 'ann@example.org', password: 'any' })
  await one.linkProvider('apple', { returnTo: '/security' })
  const outcome = await one.finishProvider(`${BACK}?code=c&state=s&user={}`)
  expect(outcome).toEqual({
    outcome: 'linked',
    sign_in_methods: { providers: [] },
    provider: 'apple',
    returnTo: '/security',
  })
  expect(sent('providers.link')).toEqual([{ flow: 'secret', code: 'c', state: 's' }])
})

it('an answer is good once, and only for who has asked', async () => {
  const one = tab()
  const finish = (query: string) => one.finishProvider(`${BACK}?${query}`)
  await expect(finish('code=c&state=s')).rejects.toMatchObject({ kind: 'invalid_token' })
  await one.signInWithProvider('google')
  await expect(finish('error=access_denied&state=s')).rejects.toMatchObject({
    kind: 'provider_refused',
    data: { error: 'access_denied' },
  })
  // What came back with a refusal is over as well.
  await expect(finish('code=c&state=s')).rejects.toMatchObject({ kind: 'invalid_token' })
  await one.signInWithProvider('google')
  await expect(finish('state=s')).rejects.toMatchObject({ kind: 'invalid_token' })
  expect(server.countOf('auth.login_provider')).toBe(0)
})
