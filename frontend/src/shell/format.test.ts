import i18next from 'i18next'
import { beforeEach, describe, expect, it } from 'vitest'
import { ago, bytes, day, instant, length, percent, setZone } from './format'

beforeEach(async () => {
  await i18next.init({ lng: 'en', resources: {} })
  setZone('Asia/Shanghai')
})

describe('figures in words', () => {
  it('a share is never rounded up to all nor down to nothing', () => {
    expect(percent(0.999999)).toBe('99.99%')
    expect(percent(0.000001)).toBe('0.01%')
    expect(percent(1)).toBe('100.00%')
    expect(percent(0)).toBe('0.00%')
    expect(percent(0.98765)).toBe('98.77%')
  })
  it('a length is told by its two largest parts', () => {
    expect(length(0)).toBe('0 sec')
    expect(length(75)).toBe('1 min 15 sec')
    expect(length(3 * 86_400 + 4 * 3_600 + 59)).toBe('3 days 4 hr')
    expect(length(86_400 + 59)).toBe('1 day')
  })
  it('an instant is that of the installation, not of the browser', () => {
    expect(instant(1_772_582_400)).toBe('2026-03-04, 08:00')
    setZone('UTC')
    expect(instant(1_772_582_400)).toBe('2026-03-04, 00:00')
  })
  it('a local day knows no zone', () => {
    setZone('America/Los_Angeles')
    expect(day(20_516)).toBe('2026-03-04')
  })
  it('Chinese is told in Chinese', async () => {
    await i18next.changeLanguage('zh-CN')
    expect(length(3_700)).toBe('1小时 1分钟')
    expect(ago(0, 7_200)).toBe('2小时前')
    expect(instant(1_772_582_400)).toBe('2026/03/04 08:00')
  })
  it('how long ago', () => {
    expect(ago(0, 12)).toBe('12 sec. ago')
    expect(ago(0, 3 * 86_400 + 5)).toBe('3 days ago')
  })
  it('bytes', () => {
    expect(bytes(999)).toBe('999 byte')
    expect(bytes(1_530_000)).toBe('1.5 MB')
  })
})
