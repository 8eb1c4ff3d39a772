import { describe, expect, it } from 'vitest'
import { readUrl, writeUrl } from './url'

const blank = { q: '', page: 1, late: false, state: [] as string[] }

describe('the state of a page in its address', () => {
  it('an empty address is the blank', () => {
    expect(readUrl('', blank)).toEqual(blank)
  })
  it('what was written is read again, whatever signs it has', () => {
    const said = { q: '堤 & 桥 = 50%', page: 7, late: true, state: ['down', 'unknown'] }
    expect(readUrl(writeUrl('', blank, said), blank)).toEqual(said)
  })
  it('what is as the blank has it is left out, and what others wrote stays', () => {
    expect(writeUrl('tab=map&page=3', blank, { page: 1 })).toBe('tab=map')
  })
  it('what does not fit is as if not said', () => {
    expect(readUrl('page=many&late=perhaps', blank)).toEqual(blank)
  })
  it('an emptied list that is not empty by itself is said', () => {
    const shown = { state: ['down'] as string[] }
    expect(readUrl(writeUrl('', shown, { state: [] }), shown)).toEqual({ state: [] })
  })
})
