// The areas of the pages. One is there when its folder is: src/pages/<area>/index.tsx, fetched when first opened.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react'
import type { Verb } from './me'
import type { SignName } from './signs'

export interface Area {
  name: string
  sign: SignName
  /** hidden from who has none of these */
  verbs: Verb[]
  Page: LazyExoticComponent<ComponentType>
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

/** All that are built, in the order of the rail. */
export const AREAS: Area[] = KNOWN.flatMap(([name, sign, verbs]) => {
  const page = found[`../pages/${name}/index.tsx`]
  return page ? [{ name, sign, verbs, Page: lazy(page) }] : []
})
