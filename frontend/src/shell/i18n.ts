// The words: one JSON file for each area and language, fetched when first needed. The server sends codes, never sentences.
import i18next, { type BackendModule, type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { keep, kept } from './kept'

export const LANGUAGES = ['zh-CN', 'en'] as const
export type Language = (typeof LANGUAGES)[number]
export const LANGUAGE_NAMES: Record<Language, string> = { 'zh-CN': '简体中文', en: 'English' }

const files = import.meta.glob<{ default: object }>('../words/*/*.json')
const PSEUDO = new URLSearchParams(location.search).has('pseudo')

const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(language, namespace, done) {
    const file = files[`../words/${language}/${namespace}.json`]
    if (!file) {
      done(null, {})
      return
    }
    file().then(
      (found) => done(null, (PSEUDO ? pseudo(found.default) : found.default) as never),
      (error: unknown) => done(error as Error, null),
    )
  },
}

/** Every word lengthened and accented, so that what is hard-coded or cut off is seen. */
export function pseudo(words: unknown): unknown {
  if (typeof words === 'string') {
    const parts = words.split(/(\{\{[^}]*\}\}|<[^>]*>|\$t\([^)]*\))/)
    const told = parts.map((part, at) => (at % 2 ? part : part.replace(/[aeiou]/g, (c) => 'àéîöü'['aeiou'.indexOf(c)] ?? c)))
    return `[${told.join('')}${'·'.repeat(Math.ceil(words.length / 3))}]`
  }
  if (Array.isArray(words)) return words.map(pseudo)
  return Object.fromEntries(Object.entries(words as object).map(([key, each]) => [key, pseudo(each)]))
}

export function firstLanguage(): Language {
  if (kept().language) return kept().language as Language
  return /^zh/i.test(navigator.language) ? 'zh-CN' : 'en'
}

export async function startWords(): Promise<i18n> {
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: firstLanguage(),
      fallbackLng: false,
      ns: ['common', 'shell'],
      defaultNS: 'common',
      partialBundledLanguages: true,
      interpolation: { escapeValue: false }, // React escapes
      react: { useSuspense: true },
    })
  document.documentElement.lang = i18next.language
  return i18next
}

/** Change the language of everything on screen, without a reload. */
export async function speak(language: Language): Promise<void> {
  await i18next.changeLanguage(language)
  keep({ language })
  document.documentElement.lang = language
}
