import { describe, expect, it } from 'vitest'
import { faultsOf, keysOf, unequal } from '../../scripts/words.mjs'
import { pseudo } from './i18n'
import { fits } from './keys'
import { liveState } from './live'
import { clickedWidth, walked } from './table'

const key = (name: string, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more })

describe('walking in a table', () => {
  it.each([
    ['j', 0, 1], ['ArrowDown', 4, 5], ['k', 0, 0], ['End', 0, 9], ['Home', 9, 0], ['PageDown', 5, 9], ['PageUp', 5, 1],
  ])('%s from row %i goes to row %i of ten', (pressed, at, to) => {
    expect(walked(pressed, at, 10, 4)).toBe(to)
  })
  it('other keys do not walk, and an empty table has nowhere to go', () => {
    expect(walked('a', 3, 10, 4)).toBeNull()
    expect(walked('j', 0, 0, 4)).toBeNull()
  })
})

describe('the width of a column by clicks', () => {
  it('widens to the widest, and begins again with the narrowest', () => {
    expect([100, 300, 400, 420].map(clickedWidth)).toEqual([140, 420, 420, 96])
  })
})

describe('shortcuts', () => {
  it('a letter is no shortcut while Ctrl is held, and Ctrl-K is none without', () => {
    expect(fits('j', key('j'))).toBe(true)
    expect(fits('j', key('j', { ctrlKey: true }))).toBe(false)
    expect(fits('mod+k', key('k'))).toBe(false)
    expect(fits('mod+k', key('K', { metaKey: true }))).toBe(true)
  })
})

describe('live', () => {
  it('is live while beats come, late for a minute, and then gone', () => {
    expect(liveState(true, 100, 105)).toBe('live')
    expect(liveState(true, 100, 125)).toBe('late')
    expect(liveState(false, 100, 101)).toBe('late')
    expect(liveState(false, 100, 161)).toBe('gone')
    expect(liveState(false, 0, 1)).toBe('gone')
  })
})

describe('the words', () => {
  const has = (namespace: string, name: string) => namespace === 'map' && name === 'title'
  const faults = (text: string) => faultsOf('page.tsx', text, has)
  it('a bare word in TSX is found, and in what is read aloud', () => {
    expect(faults('const a = <p>Down since</p>')).toHaveLength(1)
    expect(faults('const a = <p>{"–"}</p>')).toHaveLength(0)
    expect(faults('const a = <img alt="A map" />')).toHaveLength(1)
  })
  it('a key without words is found', () => {
    const page = (name: string) => `function P() { const { t } = useTranslation('map'); return <p>{t('${name}')}</p> }`
    expect(faults(page('title'))).toHaveLength(0)
    expect(faults(page('lost'))).toHaveLength(1)
  })
  it('what writes a style element is found', () => {
    expect(faults('const a = <SimpleGrid />')).toHaveLength(1)
    expect(faults('const a = <Box p={{ base: 1, sm: 2 }} />')).toHaveLength(1)
    expect(faults('const a = <Box visibleFrom="sm" />')).toHaveLength(1)
  })
  it('both languages have the same keys and the same holes; plurals of one language are no difference', () => {
    expect(unequal({ a: { en: { n_one: '{{told}} x', n_other: '{{told}} xs' }, zh: { n_other: '{{told}}' } } })).toEqual([])
    expect(unequal({ a: { en: { x: 'one' }, zh: {} } })).toHaveLength(1)
    expect(unequal({ a: { en: { x: '{{name}}' }, zh: { x: '{{nam}}' } } })).toHaveLength(1)
    expect(unequal({ a: { en: { x: 'anonymous' }, zh: { x: 'x' } } })).toHaveLength(1)
  })
  it('the pseudo-language lengthens every word and keeps the holes', () => {
    const told = pseudo({ a: { b: 'rows of {{count}}' } }) as { a: { b: string } }
    expect(told.a.b).toContain('{{count}}')
    expect(told.a.b.length).toBeGreaterThan(20)
    expect(keysOf(told).map(([name]: [string, unknown]) => name)).toEqual(['a.b'])
  })
})
