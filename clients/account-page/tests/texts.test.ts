import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../src/language.js'

/** What is written alike in two languages. */
const ALIKE = {
  de: [
    'page.optional',
    'fields.name',
    'signInMethods.passkeys.title',
  ],
  sq: [],
} as const

/** Every text by its path; one that is made of something, made of that. */
function leaves(texts: object, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] => {
    const at = path === '' ? key : `${path}.${key}`
    if (typeof value === 'object') return leaves(value as object, at)
    const given = at === 'hints.domains' ? [['example.org']] : [7, 'x']
    return [[at, String(typeof value === 'function' ? value(...given) : value)]]
  })
}

describe.each(['de', 'sq'] as const)('the texts in %s', (locale) => {
  it('are translated, every one', () => {
    const english = new Map(leaves(LANGUAGES.en))
    const own = leaves(LANGUAGES[locale])
    expect(own.map(([path]) => path).sort()).toEqual([...english.keys()].sort())
    expect(own.filter(([path, text]) => text === english.get(path)).map(([path]) => path)).toEqual(ALIKE[locale])
  })

  it('say what they are made of', () => {
    for (const [path, text] of leaves(LANGUAGES[locale])) expect(text, path).not.toMatch(/undefined|\[object|function/)
  })
})

it('count in each language, one as one', () => {
  const wait = (seconds: number) => Object.values(LANGUAGES).map(({ errors }) => errors.rate_limited(seconds))
  for (const texts of [wait(1), wait(60)]) for (const text of texts) expect(text).not.toMatch(/\d/)
  for (const text of wait(2)) expect(text).toContain('2')
  for (const text of wait(61)) expect(text).toContain('2')
  const left = (count: number) => Object.values(LANGUAGES).map(({ signInMethods }) => signInMethods.codes.left(count))
  expect(left(1)).toEqual([
    'You have 1 recovery code left.',
    'Sie haben noch 1 Wiederherstellungscode.',
    'Keni edhe 1 kod rikuperimi.',
  ])
  expect(left(2)).toEqual([
    'You have 2 recovery codes left.',
    'Sie haben noch 2 Wiederherstellungscodes.',
    'Keni edhe 2 kode rikuperimi.',
  ])
})
