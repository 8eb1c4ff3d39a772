// The areas of the pages. One is there when its folder is: src/pages/<area>/index.tsx, fetched when first opened.
import i18next from 'i18next'
import { createElement, lazy, useState, type ComponentType } from 'react'
import type { Verb } from './me'
import type { SignName } from './signs'

export interface Area {
  name: string
  sign: SignName
  /** hidden from who has none of these */
  verbs: Verb[]
  Page: ComponentType
  /** fetches its page and its words, so that opening it shows no grey bars */
  warm: () => Promise<unknown>
}

const found = import.meta.glob<{ default: ComponentType }>('../pages/*/index.tsx')

const KNOWN: [name: string, sign: SignName, verbs: Verb[]][] = [
  ['overview', 'overview', ['see']],
  ['map', 'map', ['see']],
  ['cameras', 'cameras', ['see']],
  ['work', 'work', ['see']],
  ['reports', 'reports', ['see']],
  ['settings', 'settings', ['set', 'stop']],
  ['people', 'people', ['grant']],
  ['audit', 'audit', ['read_audit']],
  ['about', 'about', ['be_oneself']],
  ['account', 'person', ['be_oneself']],
  ['api', 'code', ['be_oneself']],
]

/** A page fetched when first opened, drawn at once where it has been fetched before: React holds grey bars once shown for 0.3 s. */
function later(load: () => Promise<{ default: ComponentType }>): { Page: ComponentType; fetchPage: () => Promise<unknown> } {
  let made: ComponentType | null = null
  const fetchPage = () => load().then((found) => {
    made = found.default
    return found
  })
  const Waits = lazy(fetchPage)
  return { fetchPage, Page: () => createElement(useState(() => made ?? Waits)[0]) }
}

/** All that are built, in the order of the rail. */
export const AREAS: Area[] = KNOWN.flatMap(([name, sign, verbs]) => {
  const page = found[`../pages/${name}/index.tsx`]
  if (!page) return []
  const { Page, fetchPage } = later(page)
  return [{ name, sign, verbs, Page, warm: () => Promise.all([fetchPage(), i18next.loadNamespaces(name)]).catch(() => {}) }]
})

/** Fetches what the address at hand will show. */
export function warmHere(): Promise<unknown> {
  const name = location.pathname.split('/')[1]
  return AREAS.find((each) => each.name === name)?.warm() ?? Promise.resolve()
}
