import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import type jsQR from 'jsqr'
import type { Page } from 'playwright-core'

/** What a camera reads of the QR code that is shown. */
export async function readQrCode(page: Page): Promise<string | undefined> {
  const code = page.getByRole('img', { name: 'QR code' })
  const picture = (await code.screenshot()).toString('base64')
  // Into the page by the debugger: its content security policy blocks foreign scripts.
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('jsqr'), 'utf8'))
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!
    canvas.drawImage(bitmap, 0, 0)
    const { data, width, height } = canvas.getImageData(0, 0, bitmap.width, bitmap.height)
    return (globalThis as unknown as { jsQR: typeof jsQR }).jsQR(data, width, height)?.data
  }, picture)
}
