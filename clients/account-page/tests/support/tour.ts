import type { BrowserContextOptions, Page } from 'playwright-core'
import { Authenticator } from '../../../typescript/tests/support/authenticator.js'
import { Server } from '../../../typescript/tests/support/server.js'
import { AuthenticatorApp } from '../../../typescript/tests/support/totp.js'
import { LANGUAGES, type LOCALES } from '../../src/language.js'
import { type Chrome, tab } from './chrome.js'
import { Customer } from './customer.js'

export type Locale = (typeof LOCALES)[number]

/** Looks at what is shown. */
export type Visit = (page: Page, view: string) => Promise<void>

const TAGS: Readonly<Record<Locale, string>> = { en: 'en-GB', de: 'de-DE', sq: 'sq-AL' }

/** As long as what people have. */
export const FOREIGN = {
  label: 'Ferienhaus von Großmutter Wilhelmine in den Bergen',
  first_name: 'Maximiliane-Charlotte',
  last_name: 'von und zu Hohenlohe-Schillingsfürst',
  company: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerk GmbH',
  address_line_1: 'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch 1',
  address_line_2: 'c/o Shoqëria Shqiptare e Përkthyesve',
  postal_code: 'LL61 5UJ',
  city: 'Llanfair Pwllgwyngyll',
  state: 'Anglesey',
  country: 'United Kingdom of Great Britain and Northern Ireland',
  phone: '+44 20 7946 0018',
} as const
const HOME = {
  label: 'Shtëpia',
  first_name: 'Ann',
  address_line_1: 'Rruga e Kavajës 12',
  city: 'Tiranë',
  country: 'Shqipëria',
} as const

/**
 * The servers that a tour needs: one that has everything, one that asks for proof at once, one where nobody registers, one
 * where only the invited do.
 */
export class Shops {
  readonly everything: Server
  readonly strict: Server
  readonly closed: Server
  readonly invited: Server

  private constructor(everything: Server, strict: Server, closed: Server, invited: Server) {
    this.everything = everything
    this.strict = strict
    this.closed = closed
    this.invited = invited
  }

  static async open(): Promise<Shops> {
    const [everything, strict, closed, invited] = await Promise.all([
      Server.start({
        MARBELLE_PROVIDERS__GOOGLE__CLIENT_ID: 'the-shop',
        MARBELLE_PROVIDERS__GOOGLE__CLIENT_SECRET: 'of the shop',
      }),
      Server.start({ MARBELLE_LIFETIMES__PROOF: '1s', MARBELLE_SIGN_UP_DOMAINS: 'example.org' }),
      Server.start({ MARBELLE_SIGN_UP: 'closed' }),
      Server.start({ MARBELLE_SIGN_UP: 'invited' }),
    ])
    return new Shops(everything, strict, closed, invited)
  }

  async close(): Promise<void> {
    await Promise.all([this.everything.end(), this.strict.end(), this.closed.end(), this.invited.end()])
  }
}

/** Goes through every view of the page in one language, as a customer comes to them. */
export class Tour {
  readonly #shops: Shops
  readonly #chrome: Chrome
  readonly #locale: Locale
  readonly #options: BrowserContextOptions
  readonly #visit: Visit

  constructor(shops: Shops, chrome: Chrome, locale: Locale, options: BrowserContextOptions, visit: Visit) {
    this.#shops = shops
    this.#chrome = chrome
    this.#locale = locale
    this.#options = { ...options, locale: TAGS[locale], reducedMotion: 'reduce' }
    this.#visit = visit
  }

  get #texts() {
    return LANGUAGES[this.#locale]
  }

  /** The views for visitors who are not signed in. */
  async visitor(): Promise<void> {
    const { signIn, register, checkMail, verifyEmail, faults, errors, link } = this.#texts
    const { page: home } = this.#shops.everything
    const customer = new Customer(this.#shops.everything)
    const page = await this.#tab(this.#shops.everything, '/')
    await this.#button(page, this.#texts.signInMethods.providerSignIn('Google')).waitFor()
    await this.#visit(page, 'sign-in')
    await this.#submit(page, signIn.submit)
    await page.getByText(faults.required).first().waitFor()
    await this.#visit(page, 'sign-in, empty')
    await fill(page, { email: customer.email, password: 'not mine' })
    await this.#submit(page, signIn.submit)
    await page.getByText(errors.invalid_credentials).waitFor()
    await this.#visit(page, 'sign-in, wrong')

    await page.getByRole('link', { name: signIn.register }).click()
    await page.getByRole('heading', { name: register.title }).waitFor()
    await this.#visit(page, 'register')
    await fill(page, { first_name: 'Ann', email: 'ann', password: 'ann', phone: '12' })
    await this.#submit(page, register.submit)
    await page.locator('.fault').first().waitFor()
    await this.#visit(page, 'register, faults')
    await fill(page, { email: customer.email, password: customer.password, phone: '' })
    await this.#submit(page, register.submit)
    await page.getByText(checkMail.waiting).waitFor()
    await this.#visit(page, 'check mail')
    await fill(page, { code: '00000000' })
    await this.#submit(page, checkMail.submitCode)
    await page.getByText(faults.code).waitFor()
    await this.#visit(page, 'check mail, wrong code')

    const verify = `/verify-email?token=${await customer.token('verify-email')}`
    const other = await this.#tab(this.#shops.everything, verify)
    await other.getByText(verifyEmail.askPassword).waitFor()
    await fill(other, { password: 'not mine' })
    await this.#submit(other, verifyEmail.submit)
    await other.getByText(faults.registration_password).waitFor()
    await this.#visit(other, 'verify e-mail, in another browser')
    await fill(other, { password: customer.password })
    await this.#submit(other, verifyEmail.submit)
    await other.getByText(signIn.done.verified).waitFor()
    await this.#visit(other, 'sign-in, verified')
    await this.#heading(page, this.#texts.profile.title)

    for (const path of ['verify-email', 'password-reset', 'confirm-email-change', 'confirm-deletion']) {
      await other.goto(`${home}/${path}`)
      await other.getByText(link.missing).waitFor()
      await this.#visit(other, `${path}, without a link`)
      await other.goto(`${home}/${path}?token=x`)
      await other.locator('form').waitFor()
      await this.#visit(other, path)
    }
    await other.goto(`${home}/provider-callback?error=access_denied&state=x`)
    await other.getByRole('alert').waitFor()
    await this.#visit(other, 'provider callback')
    await this.#reset(other, customer)
    const closed = await this.#tab(this.#shops.closed, '/register')
    await closed.getByText(errors.sign_up_closed).waitFor()
    await this.#visit(closed, 'register, closed')
    await this.#invitations()
  }

  /** The views where only the invited may register. */
  async #invitations(): Promise<void> {
    const { invitation, register } = this.#texts
    const { invited } = this.#shops
    const page = await this.#tab(invited, '/')
    await page.getByText(invitation.only).waitFor()
    await this.#visit(page, 'sign-in, invited')
    await page.goto(`${invited.page}/register`)
    await page.getByText(invitation.needed).waitFor()
    await this.#visit(page, 'register, invited')
    await page.goto(`${invited.page}/accept-invitation?token=withdrawn`)
    await page.getByRole('heading', { name: invitation.title }).waitFor()
    await this.#visit(page, 'invitation')
    const { email, password } = new Customer(invited)
    await fill(page, { first_name: 'Ann', email, password })
    await this.#submit(page, register.submit)
    await page.getByText(invitation.bad).waitFor()
    await this.#visit(page, 'invitation, withdrawn')
  }

  /** What the owner of an account sees. */
  async owner(): Promise<void> {
    const { profile, page: words, connection, devices } = this.#texts
    const server = this.#shops.everything
    const customer = await Customer.withAccount(server, { locale: this.#locale, company_name: 'Lee & Söhne' })
    const page = await this.#tab(server, 'about:blank')
    const authenticator = await Authenticator.of(page)
    await page.goto(`${server.page}/profile`)
    await this.#signIn(page, customer)
    await this.#visit(page, 'profile')
    await fill(page, { first_name: '', phone: '12' })
    await this.#submit(page, words.save)
    await page.locator('.fault').first().waitFor()
    await this.#visit(page, 'profile, faults')
    await fill(page, { first_name: 'Ann', phone: '' })
    await this.#submit(page, words.save)
    await page.getByText(words.saved, { exact: true }).waitFor()
    await this.#button(page, profile.changeEmail).click()
    await this.#visit(page, 'profile, e-mail change')
    await fill(page, { new_email: `maximiliane-charlotte.hohenlohe.${Date.now()}@donaudampfschifffahrt.example.org` })
    await fill(page, { current_password: customer.password })
    await this.#submit(page, profile.sendLink)
    await this.#button(page, profile.cancelPending).waitFor()
    await this.#visit(page, 'profile, e-mail change pending')
    await this.#addresses(page)

    await this.#open(page, devices.title)
    const second = await this.#tab(server, '/')
    await this.#signIn(second, customer)
    await page.getByRole('article').nth(1).waitFor()
    await page.getByText(devices.connected).first().waitFor()
    await this.#visit(page, 'devices')
    await this.#button(page, devices.everywhere).click()
    await page.getByRole('dialog').waitFor()
    await this.#visit(page, 'devices, dialog')
    await page.keyboard.press('Escape')

    await this.#security(page)
    await this.#ownData(page, customer)
    await page.context().setOffline(true)
    await page.getByText(connection.offline).waitFor()
    await this.#visit(page, 'offline')
    await page.context().setOffline(false)
    await page.getByText(connection.live).waitFor()
    this.#chrome.forgiveFailedConnections()

    // Whoever is not there cannot be signed in by autofill.
    await authenticator.setPresent(false)
    await this.#open(second, devices.title)
    await this.#button(second, devices.others).click()
    await page.getByText(this.#texts.ended.logout).waitFor()
    await this.#visit(page, 'signed out elsewhere')
    await page.reload()
    await this.#secondStep(page, customer)
    await this.#proof()
  }

  async #reset(page: Page, customer: Customer): Promise<void> {
    const { forgottenPassword, passwordReset, checkMail, errors } = this.#texts
    await page.goto(`${this.#shops.everything.page}/forgotten-password`)
    await this.#heading(page, forgottenPassword.title)
    await this.#visit(page, 'forgotten password')
    await fill(page, { email: customer.email })
    await this.#submit(page, forgottenPassword.submit)
    await this.#heading(page, checkMail.title)
    await this.#submit(page, checkMail.resend)
    await page.getByText(checkMail.resent).waitFor()
    await this.#visit(page, 'check mail, reset')
    await page.goto(`${this.#shops.everything.page}/password-reset?token=${await customer.token('password-reset')}`)
    await fill(page, { new_password: 'password1' })
    await this.#submit(page, passwordReset.submit)
    await page.locator('.fault').waitFor()
    await this.#visit(page, 'password reset, guessable')
    await page.goto(`${this.#shops.everything.page}/password-reset?token=x`)
    await fill(page, { new_password: 'seven grey geese over Durrës' })
    await this.#submit(page, passwordReset.submit)
    await page.getByText(errors.invalid_token).waitFor()
    await this.#visit(page, 'password reset, old link')
  }

  async #addresses(page: Page): Promise<void> {
    const { addresses, page: words } = this.#texts
    await this.#open(page, addresses.title)
    await this.#visit(page, 'addresses, none')
    await this.#button(page, addresses.add).click()
    await fill(page, { first_name: '' })
    await this.#submit(page, words.save)
    await page.locator('.fault').first().waitFor()
    await this.#visit(page, 'addresses, faults')
    await fill(page, HOME)
    await this.#submit(page, words.save)
    await page.getByRole('article').waitFor()
    await this.#button(page, addresses.add).click()
    await fill(page, FOREIGN)
    await this.#submit(page, words.save)
    await page.getByRole('article').nth(1).waitFor()
    await this.#visit(page, 'addresses')
    await this.#button(page, words.edit).last().click()
    await this.#visit(page, 'addresses, edit')
    await this.#button(page, words.cancel).click()
    await this.#button(page, addresses.remove).last().click()
    await page.getByRole('dialog').waitFor()
    await this.#visit(page, 'addresses, dialog')
    await page.keyboard.press('Escape')
  }

  async #security(page: Page): Promise<void> {
    const { security, signInMethods, page: words } = this.#texts
    await this.#open(page, security.title)
    await page.getByText(security.events.account_created).waitFor()
    await this.#visit(page, 'security')
    await this.#button(page, signInMethods.passkeys.add).click()
    await this.#button(page, signInMethods.passkeys.rename).first().waitFor()
    await this.#visit(page, 'security, passkey added')
    await this.#button(page, signInMethods.passkeys.rename).click()
    await this.#visit(page, 'security, rename')
    await this.#button(page, words.cancel).click()
    await this.#button(page, signInMethods.passkeys.remove).click()
    await page.getByRole('dialog').waitFor()
    await this.#visit(page, 'security, dialog')
    await page.keyboard.press('Escape')
    await this.#button(page, signInMethods.app.begin).click()
    const key = await page.locator('code.key').innerText()
    await this.#visit(page, 'security, authenticator app')
    await fill(page, { totp: new AuthenticatorApp(key.replaceAll(' ', '')).code() })
    await this.#submit(page, signInMethods.app.submit)
    await this.#heading(page, signInMethods.codes.title)
    await this.#visit(page, 'security, recovery codes')
    await this.#button(page, signInMethods.codes.done).click()
    await this.#button(page, signInMethods.app.turnOff).click()
    await page.getByRole('dialog').waitFor()
    await this.#visit(page, 'security, turn off')
    await page.keyboard.press('Escape')
  }

  async #ownData(page: Page, { email }: Customer): Promise<void> {
    const { profile, ownData } = this.#texts
    await this.#open(page, profile.title)
    await this.#button(page, ownData.export).click()
    await page.getByText(ownData.exported).waitFor()
    await this.#button(page, ownData.deletion).click()
    await page.getByRole('dialog').waitFor()
    await this.#visit(page, 'profile, deletion')
    await this.#button(page, ownData.sendLink).click()
    await page.getByText(ownData.linkSent(email)).waitFor()
    await this.#visit(page, 'profile, deletion link sent')
  }

  async #secondStep(page: Page, customer: Customer): Promise<void> {
    const { signInMethods, faults } = this.#texts
    await fill(page, { email: customer.email, password: customer.password })
    await this.#submit(page, this.#texts.signIn.submit)
    await this.#heading(page, signInMethods.secondStep.title)
    await fill(page, { totp: '000000' })
    await this.#submit(page, signInMethods.secondStep.submit)
    await page.getByText(faults.totp).waitFor()
    await this.#visit(page, 'second step')
    await this.#button(page, signInMethods.factor.useRecoveryCode).click()
    await this.#visit(page, 'second step, recovery code')
  }

  async #proof(): Promise<void> {
    const { signInMethods, security, register, faults } = this.#texts
    const server = this.#shops.strict
    const visitor = await this.#tab(server, '/register')
    await visitor.getByText('example.org').waitFor()
    await fill(visitor, { first_name: 'Ann', email: 'ann@elsewhere.example', password: 'a long walk by the sea' })
    await this.#submit(visitor, register.submit)
    await visitor.locator('.fault').first().waitFor()
    await this.#visit(visitor, 'register, domains')
    const customer = await Customer.withAccount(server, { locale: this.#locale })
    const page = await this.#tab(server, '/security')
    await this.#signIn(page, customer)
    await page.getByText(security.events.account_created).waitFor()
    // It is asked for once the sign-in lies a second back.
    await page.waitForTimeout(1_100)
    await this.#button(page, signInMethods.app.begin).click()
    await page.getByRole('dialog').waitFor()
    await fill(page.getByRole('dialog'), { password: 'not mine' })
    await page.keyboard.press('Enter')
    await page.getByText(faults.wrong_password).waitFor()
    await this.#visit(page, 'proof')
  }

  async #tab(server: Server, path: string): Promise<Page> {
    const device = await this.#chrome.device(this.#options)
    return path === 'about:blank' ? tab(device, path, '') : tab(device, server.page, path)
  }

  async #signIn(page: Page, { email, password }: Customer): Promise<void> {
    await fill(page, { email, password })
    await this.#submit(page, this.#texts.signIn.submit)
    await page.getByText(this.#texts.connection.live).waitFor()
  }

  async #open(page: Page, title: string): Promise<void> {
    await page.getByRole('navigation').getByRole('link', { name: title }).click()
    await this.#heading(page, title)
  }

  #heading(page: Page, name: string): Promise<void> {
    return page.getByRole('heading', { name }).first().waitFor()
  }

  #button(page: Page, name: string) {
    return page.getByRole('button', { name })
  }

  /** The first form that has such a button. */
  #submit(page: Page, name: string): Promise<void> {
    return page.locator('form').getByRole('button', { name, exact: true }).first().click()
  }
}

/** Fills fields by their names. */
async function fill(scope: Pick<Page, 'locator'>, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await scope.locator(`input[name="${name}"]:not([hidden])`).first().fill(value)
  }
}
