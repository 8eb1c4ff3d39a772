// What changes on the server, as it changes: one stream of server-sent events for the whole window, resumed where it broke off.
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from './marks'
import { length } from './format'
import { Sign } from './signs'

export interface Told {
  kind: string
  data: unknown
}

const STALE_S = 20 // the server says at least `beat` every 10 s
const GONE_S = 60
const AGAIN_MS = 2_000
const AGAIN_MS_MAX = 30_000

type Follower = { kinds: Set<string>; tell: (told: Told) => void }
const followers = new Set<Follower>()
const watchers = new Set<() => void>()
let source: EventSource | null = null
let opened = ''
let lastId = ''
let failures = 0
let again: ReturnType<typeof setTimeout> | undefined
let status: { connected: boolean; heard_s: number } = { connected: false, heard_s: 0 }

function note(more: Partial<typeof status>) {
  status = { ...status, ...more }
  for (const each of watchers) each()
}

function nowS() {
  return Math.floor(Date.now() / 1000)
}

function wanted(): string {
  return [...new Set([...followers].flatMap((each) => [...each.kinds]))].sort().join(',')
}

function heard(kind: string) {
  return (event: MessageEvent<string>) => {
    if (event.lastEventId) lastId = event.lastEventId
    failures = 0
    note({ connected: true, heard_s: nowS() })
    if (kind === 'beat' || kind === 'hello' || kind === 'missed') return
    let data: unknown = null
    try {
      data = JSON.parse(event.data)
    } catch {
      return
    }
    for (const each of [...followers]) if (each.kinds.has(kind)) each.tell({ kind, data })
  }
}

function open() {
  const kinds = wanted()
  clearTimeout(again)
  source?.close()
  source = null
  opened = kinds
  if (followers.size === 0) return
  const query = new URLSearchParams({ kinds })
  if (lastId) query.set('since', lastId) // a new EventSource sends no Last-Event-ID of its own
  source = new EventSource(`/api/live?${query}`)
  source.onopen = () => note({ connected: true, heard_s: nowS() })
  for (const kind of ['hello', 'beat', 'missed', ...kinds.split(',')]) if (kind) source.addEventListener(kind, heard(kind) as EventListener)
  source.addEventListener('missed', () => {
    // the server no longer has what came since: all that is on screen is asked for anew
    for (const each of [...followers]) for (const kind of each.kinds) each.tell({ kind, data: null })
  })
  source.onerror = () => {
    note({ connected: false })
    if (source?.readyState !== EventSource.CLOSED) return // the browser tries again by itself, with its Last-Event-ID
    failures += 1
    clearTimeout(again)
    again = setTimeout(open, Math.min(AGAIN_MS * failures, AGAIN_MS_MAX))
  }
}

function changed() {
  if (wanted() === opened && (source !== null) === followers.size > 0) return
  clearTimeout(again)
  again = setTimeout(open, 30) // pages come and go together: one new stream for all of them
}

/**
 * Be told of changes: `useLive(['cameras', 'tickets'], ({ kind, data }) => queryClient.invalidateQueries(...))`.
 * Kinds and their data: web/live.py (`cameras` {rows, reload}, `tickets` {tickets, reload}, `overview` {figures}, `register` {}).
 * After a break the events that were missed come first; if the server no longer has them, each kind is told once with data null.
 */
export function useLive(kinds: string[], tell: (told: Told) => void): void {
  const held = useRef(tell)
  held.current = tell
  const key = kinds.join(',')
  useEffect(() => {
    const follower: Follower = { kinds: new Set(key.split(',').filter(Boolean)), tell: (told) => held.current(told) }
    followers.add(follower)
    changed()
    return () => {
      followers.delete(follower)
      changed()
    }
  }, [key])
}

/** Keeps the stream open for the mark in the head, whatever the page at hand follows. */
export function useBeat(is_wanted: boolean): void {
  useEffect(() => {
    if (!is_wanted) return
    const follower: Follower = { kinds: new Set(), tell: () => {} }
    followers.add(follower)
    changed()
    return () => {
      followers.delete(follower)
      changed()
    }
  }, [is_wanted])
}

export type LiveState = 'live' | 'late' | 'gone'

/** What to say of a stream that was last heard so long ago. */
export function liveState(connected: boolean, heard_s: number, now_s: number): LiveState {
  const silent_s = now_s - heard_s
  if (connected && silent_s < STALE_S) return 'live'
  return heard_s > 0 && silent_s < GONE_S ? 'late' : 'gone'
}

/** "live", "12 s ago" or "disconnected". */
export function LiveMark() {
  const { t } = useTranslation('shell')
  const now = useNow(1)
  const { connected, heard_s } = useSyncExternalStore((listener) => { watchers.add(listener); return () => watchers.delete(listener) }, () => status)
  const state = liveState(connected, heard_s, now)
  const words = state === 'late' ? t('live.late', { length: length(Math.max(0, now - heard_s)) }) : t(`live.${state}`)
  return <span className="live" data-live={state} title={t('live.what')}><Sign name="tower" size={14} /><span>{words}</span></span>
}
