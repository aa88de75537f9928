import type { Export } from '@marbelle/accounts'
import type { Language } from './language.js'
import { page } from './page.js'

/** The part of an export's page that is for the reader; the rest is for paging. */
export type ExportedData = Omit<Export, 'cursor' | 'more'>

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2rem}table{border-collapse:collapse}th,td{text-align:start;vertical-align:top;padding:.25rem 1rem .25rem 0;border-top:1px solid #8886;overflow-wrap:anywhere}
div{overflow-x:auto}th{font-weight:500}`

/** The file runs and loads nothing, wherever it is opened. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** All data stored about a person, as one file that people can read, with the same data for programs in it. */
export function exportDocument(data: ExportedData, { locale, texts }: Language, date: (time: string) => string): string {
  const words = texts.ownData
  const show = (value: unknown): string => {
    if (value === null || value === undefined) return ''
    if (typeof value === 'boolean') return value ? words.yes : words.no
    if (typeof value === 'string') return escaped(isTime(value) ? date(value) : value)
    if (Array.isArray(value)) return value.length === 0 ? words.none : value.every(isPlain) ? value.map(show).join(', ') : table(value)
    return typeof value === 'object' ? list(value) : String(value)
  }
  const list = (object: object): string => {
    const rows = Object.entries(object).map(([name, value]) => `<tr><th scope="row">${label(name)}</th><td>${show(value)}</td></tr>`)
    return `<table>${rows.join('')}</table>`
  }
  const table = (rows: readonly object[]): string => {
    const names = [...new Set(rows.flatMap(Object.keys))]
    const head = names.map((name) => `<th scope="col">${label(name)}</th>`).join('')
    const body = rows.map((row) => `<tr>${names.map((name) => `<td>${cell(name, row[name as never])}</td>`).join('')}</tr>`)
    return `<div tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
  }
  const { fields } = texts
  const kinds: Readonly<Record<string, string>> = texts.security.events
  const cell = (name: string, value: unknown) => {
    const isKind = name === 'type' && typeof value === 'string' && Object.hasOwn(kinds, value)
    return isKind ? escaped(kinds[value]!) : show(value)
  }
  const label = (name: string) => escaped(Object.hasOwn(fields, name) ? fields[name as keyof typeof fields] : name.replaceAll('_', ' '))
  const parts = Object.entries(words.parts).map(
    ([part, title]) => `<h2>${escaped(title)}</h2>${show(data[part as keyof typeof words.parts]) || words.none}`,
  )
  const heading = escaped(words.heading(page.shop))
  // No text can end the element that contains it.
  const json = JSON.stringify(data, null, 1).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="${locale}">
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<title>${heading}</title>
<style>${STYLE}</style>
<main>
<h1>${heading}</h1>
<p>${escaped(words.savedAt(date(data.at)))}</p>
${parts.join('\n')}
</main>
<script type="application/json" id="data">${json}</script>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)
}
