import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './wait.js'

/** The one-time token of the letter to an address whose link goes to a page. */
export async function mailedToken(folder: string, to: string, page: string): Promise<string> {
  return eventually(async () => {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort()
    for (const name of names.reverse()) {
      const letter = await readFile(join(folder, name), 'utf8')
      if (!letter.toLowerCase().includes(to)) continue
      const text = letter.replace(/=\r?\n/g, '').replace(/=3D/g, '=')
      const token = new RegExp(`/${page}\\?token=([\\w-]+)`).exec(text)?.[1]
      if (token) return token
    }
    throw new Error(`no letter to ${to} with /${page}`)
  })
}
