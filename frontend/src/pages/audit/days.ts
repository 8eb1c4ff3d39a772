// Local days as the server numbers them (base/days.py), and as a date field writes them: 2026-03-04.

/** The number of a day that a date field gives. */
export function dayOf(text: string): number {
  return Math.round(Date.parse(`${text}T00:00:00Z`) / 86_400_000)
}

/** A day as a date field wants it, so many days from the one on which an instant (UTC seconds) lies in a zone. */
export function textOf(at_s: number, tz: string, days = 0): string {
  const here = new Intl.DateTimeFormat('en-CA', { timeZone: tz, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at_s * 1000)
  return new Date(Date.parse(`${here}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
