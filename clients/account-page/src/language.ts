import type { Locale } from '@marbelle/accounts'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { de } from './texts/de.js'
import { en, type Texts } from './texts/en.js'
import { sq } from './texts/sq.js'

export const LANGUAGES: Readonly<Record<Locale, Texts>> = { en, de, sq }
export const LOCALES = Object.keys(LANGUAGES) as Locale[]

const KEY = 'marbelle language'

/**
 * The language of visitors who are not signed in: the one chosen here before, otherwise the browser's, otherwise
 * English.
 */
export function storedLocale(): Locale {
  const wanted = [stored(), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())]
  return wanted.find(isLocale) ?? 'en'
}

export function storeLocale(locale: Locale): void {
  try {
    localStorage.setItem(KEY, locale)
  } catch {
    // Without storage it is chosen again each time.
  }
}

export interface Language {
  readonly locale: Locale
  readonly texts: Texts
}

export const LanguageContext = createContext<Language>({ locale: 'en', texts: en })

export function useTexts(): Texts {
  return useContext(LanguageContext).texts
}

/** Chromium has no Albanian dates, and would write English ones. */
const ALBANIAN_MONTHS =
  'janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor'.split(' ')

function albanian(time: Date, style?: 'date'): string {
  const day = `${time.getDate()} ${ALBANIAN_MONTHS[time.getMonth()]} ${time.getFullYear()}`
  const two = (number: number) => String(number).padStart(2, '0')
  return style === 'date' ? day : `${day}, ${two(time.getHours())}:${two(time.getMinutes())}`
}

/** Formats times in the page's language. */
export function useDates(): (time: string, style?: 'date') => string {
  const { locale } = useContext(LanguageContext)
  if (locale === 'sq') return (time, style) => albanian(new Date(time), style)
  return (time, style) =>
    new Intl.DateTimeFormat(locale === 'en' ? navigator.languages.find((tag) => tag.startsWith('en')) ?? 'en-GB' : locale, {
      dateStyle: style === 'date' ? 'long' : 'medium',
      ...(style === 'date' ? {} : { timeStyle: 'short' }),
    }).format(new Date(time))
}

function isLocale(text: string | null): text is Locale {
  return text !== null && Object.hasOwn(LANGUAGES, text)
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
