// Ctrl-K, or Cmd-K: find a camera, a unit, a ticket, a page; and do what the page at hand can do.
import { Modal, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { Area } from './areas'
import { Sign, type SignName } from './signs'
import { api, got, type Schemas } from './api'
import { StateMark } from './marks'

export interface Hit {
  key: string
  title: string
  note?: string
  sign: SignName
  /** of a camera */
  state?: string | null
  run: () => void
}

let opened = false
const watchers = new Set<() => void>()
function set(next: boolean) {
  opened = next
  for (const each of watchers) each()
}
export function openPalette(): void {
  set(true)
}

type Acts = { current: Hit[] }
const offered: Acts[] = []

/** What the page at hand can do, offered in the palette: `useActs([{ key, title, sign, run }])`. */
export function useActs(acts: Hit[]): void {
  const held = useRef(acts)
  held.current = acts
  useEffect(() => {
    offered.push(held)
    return () => void offered.splice(offered.indexOf(held), 1)
  }, [])
}

const LEADS: Record<Schemas['SearchHit']['kind'], { to: (id: number) => string; sign: SignName }> = {
  camera: { to: (id) => `/cameras/${id}`, sign: 'cameras' },
  unit: { to: (id) => `/cameras?unit=${id}`, sign: 'settings' },
  ticket: { to: (id) => `/work/tickets/${id}`, sign: 'work' },
}

const HITS = 12

export function Palette({ areas }: { areas: Area[] }) {
  const { t } = useTranslation('shell')
  const isOpen = useSyncExternalStore((listener) => { watchers.add(listener); return () => watchers.delete(listener) }, () => opened)
  return (
    <Modal.Root opened={isOpen} onClose={() => set(false)} size="lg" yOffset="10vh" lockScroll={false}>
      <Modal.Overlay />
      <Modal.Content aria-label={t('search')}>{isOpen && <Finding areas={areas} />}</Modal.Content>
    </Modal.Root>
  )
}

function Finding({ areas }: { areas: Area[] }) {
  const { t } = useTranslation('shell')
  const [, go] = useLocation()
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const asked = words.trim()
  const found = useQuery({ queryKey: ['search', asked], queryFn: ({ signal }) => got(api.GET('/api/search', { params: { query: { q: asked.slice(0, 100), limit: HITS } }, signal })), enabled: asked.length > 0, placeholderData: (before) => before, staleTime: 5_000 })
  const has = (title: string) => title.toLowerCase().includes(asked.toLowerCase())
  const pages: Hit[] = areas
    .map((each): Hit => ({ key: `area-${each.name}`, title: t(`area.${each.name}`), note: t('palette.page'), sign: each.sign, run: () => go(`/${each.name}`) }))
    .filter((each) => has(each.title))
  const acts = offered.flatMap((each) => each.current).filter((each) => has(each.title))
  const rows: Hit[] = (asked && !found.isPlaceholderData ? (found.data?.rows ?? []) : []).map((each) => {
    const lead = LEADS[each.kind]
    return { key: `${each.kind}-${each.id}`, title: each.title, note: each.note, state: each.state, sign: lead.sign, run: () => go(lead.to(each.id)) }
  })
  const hits = [...rows, ...acts, ...pages]
  const here = Math.min(at, Math.max(0, hits.length - 1))
  const take = (hit: Hit | undefined) => {
    if (!hit) return
    set(false)
    hit.run()
  }
  return (
    <div className="palette">
      <TextInput
        variant="unstyled" size="md" data-autofocus aria-label={t('search')} placeholder={t('palette.hint')} leftSection={<Sign name="search" />}
        role="combobox" aria-expanded={hits.length > 0} aria-controls={id} aria-activedescendant={hits[here] ? `${id}-${here}` : undefined} aria-autocomplete="list"
        value={words} onChange={(event) => { setWords(event.currentTarget.value); setAt(0) }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            setAt((here + (event.key === 'ArrowDown' ? 1 : -1) + hits.length) % Math.max(1, hits.length))
          } else if (event.key === 'Enter') {
            event.preventDefault()
            take(hits[here])
          }
        }}
      />
      <ul id={id} role="listbox" aria-label={t('palette.hits')}>
        {hits.map((each, index) => (
          <li key={each.key} id={`${id}-${index}`} role="option" aria-selected={index === here} ref={index === here ? (row) => row?.scrollIntoView({ block: 'nearest' }) : undefined}
            onClick={() => take(each)} onKeyDown={undefined} onPointerMove={() => setAt(index)}>
            <Sign name={each.sign} /><span>{each.title}</span>{each.state && <StateMark state={each.state} short />}<span className="note">{each.note}</span>
          </li>
        ))}
      </ul>
      <p className="palette-none" role="status">{asked && hits.length === 0 && !found.isFetching ? t('palette.none') : ''}</p>
    </div>
  )
}
