import { expect, test } from 'vitest'
import { atWall } from './calendars'
import { dayNumber } from '../../shell/format'
import { withBelow } from './units'

test('a unit counts the cameras of all below it', () => {
  const units = [
    { unit_id: 1, parent_id: null, cameras: 1 }, { unit_id: 2, parent_id: 1, cameras: 2 },
    { unit_id: 3, parent_id: 2, cameras: 4 }, { unit_id: 4, parent_id: 1, cameras: 8 },
  ]
  expect([...withBelow(units).entries()]).toEqual([[1, 15], [2, 6], [3, 4], [4, 8]])
})

test('what a field says on the wall clock of the installation is the right instant, wherever the browser is', () => {
  expect(atWall('2026-11-24T08:00', 'Asia/Shanghai')).toBe(Date.parse('2026-11-24T00:00:00Z') / 1000)
  expect(atWall('2026-07-01T12:00', 'Europe/Berlin')).toBe(Date.parse('2026-07-01T10:00:00Z') / 1000)
})

test('a day is its number since 1970', () => {
  expect(dayNumber('1970-01-02')).toBe(1)
})
