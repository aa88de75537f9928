import { expect } from 'vitest'
import type { Account, AccountsClient, LiveAccount, LiveSession, Session } from '../../src/index.js'
import { eventually } from './wait.js'

/** The state of the tabs equals the server's. */
export async function expectToAgree(...tabs: AccountsClient[]): Promise<void> {
  await eventually(async () => {
    const [first] = tabs
    const present = inLog(await first!.call('account.get'))
    for (const tab of tabs) {
      const shown = tab.getSnapshot().account
      expect(shown).not.toBeNull()
      expect(inLog(shown!)).toEqual(present)
    }
  })
}

/** Without what is not in the log. */
function inLog(account: Account | LiveAccount) {
  return { ...account, sessions: account.sessions.map(lasting) }
}

function lasting({ id, device_name, user_agent, ip, created_at }: Session | LiveSession) {
  return { id, device_name, user_agent, ip, created_at }
}
