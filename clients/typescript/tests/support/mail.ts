import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './wait.js'

/** The one-time token of the newest letter to an address whose link goes to a page. */
export function mailedToken(folder: string, to: string, page: string): Promise<string> {
  return mailed(folder, to, new RegExp(`/${page}\\?token=([\\w-]+)`))
}

/** The code of the newest letter to an address that has one. */
export function mailedCode(folder: string, to: string): Promise<string> {
  return mailed(folder, to, /^\s*(\d{4}\s?\d{4})\s*$/m)
}

async function mailed(folder: string, to: string, what: RegExp): Promise<string> {
  return eventually(async () => {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort()
    for (const name of names.reverse()) {
      const letter = await readFile(join(folder, name), 'utf8')
      if (!letter.toLowerCase().includes(to)) continue
      const text = letter.replace(/=\r?\n/g, '').replace(/=3D/g, '=')
      const found = what.exec(text)?.[1]
      if (found) return found
    }
    throw new Error(`no letter to ${to} with ${what}`)
  })
}
