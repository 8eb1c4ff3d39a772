// Numbers, instants and lengths of time as the reader's language writes them.
import i18next from 'i18next'

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>()
let zone: string | undefined

/** The zone in which instants are shown: the installation's. */
export function setZone(tz: string): void {
  zone = tz
  made.clear()
}

export function zoneShown(): string {
  return zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

function language(): string {
  return i18next.language || 'en'
}

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(key: string, make: () => T): T {
  const name = `${language()} ${key}`
  const found = (made.get(name) as T | undefined) ?? make()
  made.set(name, found)
  return found
}

/** 12,345 */
export function count(value: number): string {
  return cached('n', () => new Intl.NumberFormat(language())).format(value)
}

/** A figure with so many places. */
export function figure(value: number, places = 1): string {
  return cached(`f${places}`, () => new Intl.NumberFormat(language(), { maximumFractionDigits: places })).format(value)
}

/** A share of 0 to 1 as per cent; never rounded up to 100 % nor down to 0 %. */
export function percent(share: number, places = 2): string {
  const step = 10 ** -(places + 2)
  let told = share
  if (share < 1 && share > 1 - step / 2) told = 1 - step
  if (share > 0 && share < step / 2) told = step
  const options = { style: 'percent', minimumFractionDigits: places, maximumFractionDigits: places } as const
  return cached(`p${places}`, () => new Intl.NumberFormat(language(), options)).format(told)
}

/** 1.5 MB, 12 kB: of bytes, in powers of 1,000. */
export function bytes(value: number): string {
  const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  let at = 0
  let left = value
  while (left >= 1000 && at < steps.length - 1) {
    left /= 1000
    at += 1
  }
  const unit = steps[at] as string
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: left < 10 && at > 0 ? 1 : 0 } as const
  return cached(`b${unit}${left < 10}`, () => new Intl.NumberFormat(language(), options)).format(left)
}

export type InstantForm = 'minute' | 'second' | 'day' | 'clock' | 'month'

const FORMS: Record<InstantForm, Intl.DateTimeFormatOptions> = {
  minute: { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false },
  second: {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false,
  },
  day: { year: 'numeric', month: '2-digit', day: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit', hour12: false },
  month: { year: 'numeric', month: 'long' },
}

/** An instant, UTC seconds, in the installation's zone (or another). */
export function instant(at_s: number, form: InstantForm = 'minute', tz = zoneShown()): string {
  const options = { ...FORMS[form], timeZone: tz, hourCycle: 'h23' } as Intl.DateTimeFormatOptions
  delete options.hour12
  const tag = language() === 'en' && form !== 'month' ? 'en-CA' : language() // 2026-03-04: no reader takes the day for the month
  return cached(`i${form}${tz}`, () => new Intl.DateTimeFormat(tag, options)).format(at_s * 1000)
}

/** A local day by its number since 1970-01-01 (base/days.py); no zone is involved any more. */
export function day(number: number, form: 'day' | 'month' = 'day'): string {
  return instant(number * 86_400, form, 'UTC')
}

/** A length of time by its two largest parts: 3 d 4 h; 12 s. */
export function length(length_s: number): string {
  const parts: [string, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ]
  let left = Math.max(0, Math.round(length_s))
  const told: string[] = []
  for (const [unit, size] of parts) {
    const n = Math.floor(left / size)
    left -= n * size
    if (n > 0 || (unit === 'second' && told.length === 0)) {
      const options = { style: 'unit', unit, unitDisplay: 'short' } as const
      told.push(cached(`l${unit}`, () => new Intl.NumberFormat(language(), options)).format(n))
      if (told.length === 2) break
    } else if (told.length > 0) break
  }
  return told.join(' ')
}

/** How long ago, by one part: "3 hours ago", "昨天". */
export function ago(at_s: number, now_s: number): string {
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ]
  const passed_s = now_s - at_s
  const [unit, size] = steps.find(([, each]) => Math.abs(passed_s) >= each) ?? ['second', 1]
  const format = cached('ago', () => new Intl.RelativeTimeFormat(language(), { numeric: 'always', style: 'short' }))
  return format.format(-Math.round(passed_s / size), unit as Intl.RelativeTimeFormatUnit)
}

/** Orders names as the reader's language does: pinyin in Chinese. */
export function inOrder(a: string, b: string): number {
  return a.localeCompare(b, language(), { numeric: true })
}

/** The number of a day since 1970-01-01, of "2026-11-24". */
export function dayNumber(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / 86_400_000)
}
