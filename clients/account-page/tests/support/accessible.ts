import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** No rule of axe-core is broken by what is shown. */
export async function expectAccessible(page: Page): Promise<void> {
  // A card that still fades in has too little contrast, and only for that moment.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
  // Into the page by the debugger: its content security policy blocks foreign scripts.
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) }))
  })
  expect(violations, page.url()).toEqual([])
}
