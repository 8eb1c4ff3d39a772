// The state of a page stands in its address: a link is a view, and "back" goes back.
import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'

export type UrlValue = string | number | boolean | readonly string[]
export type UrlState = Record<string, UrlValue>
type Widened<T> = T extends readonly string[] ? string[] : T extends string ? string : T extends number ? number : boolean
export type Shape<T extends UrlState> = { [K in keyof T]: Widened<T[K]> }

/** What an address says, by the shape of what holds when it says nothing. Whatever does not fit is as if not said. */
export function readUrl<T extends UrlState>(search: string, blank: T): Shape<T> {
  const said = new URLSearchParams(search)
  const read = Object.entries(blank).map(([name, value]): [string, UrlValue] => {
    const text = said.get(name)
    if (text === null) return [name, value]
    if (typeof value === 'number') return [name, text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : value]
    if (typeof value === 'boolean') return [name, text === '1']
    if (Array.isArray(value)) return [name, text === '' ? [] : text.split(',')]
    return [name, text]
  })
  return Object.fromEntries(read) as Shape<T>
}

/** An address's query with some of it changed; what is as the blank has it is left out. */
export function writeUrl<T extends UrlState>(search: string, blank: T, more: Partial<Shape<T>>): string {
  const next = { ...readUrl(search, blank), ...more } as Record<string, UrlValue>
  const said = new URLSearchParams(search)
  for (const [name, value] of Object.entries(next)) {
    if (value === undefined || String(value) === String(blank[name])) said.delete(name)
    else said.set(name, typeof value === 'boolean' ? (value ? '1' : '0') : String(value))
  }
  return said.toString().replaceAll('%2C', ',')
}

/** Filters in the address: `const [filters, setFilters] = useUrlState({ q: '', state: [] as string[], page: 1 })`. */
export function useUrlState<T extends UrlState>(blank: T): [Shape<T>, (more: Partial<Shape<T>>) => void] {
  const search = useSearch()
  const [path, go] = useLocation()
  const key = JSON.stringify(blank)
  const state = useMemo(() => readUrl(search, JSON.parse(key) as T), [search, key])
  const set = useCallback(
    (more: Partial<Shape<T>>) => {
      const query = writeUrl(location.search.slice(1), JSON.parse(key) as T, more)
      go(query ? `${path}?${query}` : path, { replace: true })
    },
    [go, path, key],
  )
  return [state, set]
}
