// What the pages of work have in common: their tabs, the mark of a clock and of a stage, a ticket's name, and one act upon one ticket.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { Problem, type Schemas } from '../../shell/api'
import { day, instant, length } from '../../shell/format'
import { useNow } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Sign, type SignName } from '../../shell/signs'
import './work.css'

export type Ticket = Schemas['TicketRow']
export type File = Schemas['TicketFile']
export type Stage = Ticket['stage']
export type Step = File['steps'][number]

const TABS = [
  ['today', '/work/today', 'repair'],
  ['tickets', '/work/tickets', 'see'],
  ['causes', '/work/causes', 'see'],
  ['cleaning', '/work/cleaning', 'see'],
  ['review', '/work/review', 'see'],
  ['plans', '/work/plans', 'see'],
  ['shift', '/work/shift', 'dispatch'],
  ['contracts', '/work/contracts', 'see'],
  ['acceptance', '/work/acceptance', 'see'],
  ['assessments', '/work/assessments', 'contract'],
] as const

/** The tabs of this area, as far as one may open them. */
export function WorkNav() {
  const { t } = useTranslation('work')
  const me = useMe()
  const [path] = useLocation()
  return (
    <nav className="tab-nav" aria-label={t('nav')}>
      {TABS.filter(([, , verb]) => me.may(verb)).map(([name, to]) => (
        <Link key={name} href={to} aria-current={path.startsWith(to) ? 'page' : undefined}>{t(`tab.${name}`)}</Link>
      ))}
    </nav>
  )
}

export type ClockState = 'runs' | 'soon' | 'late' | 'stands' | 'kept' | 'missed'
const CLOCK_SIGNS: Record<ClockState, SignName> = { runs: 'clock', soon: 'fault', late: 'down', stands: 'off', kept: 'check', missed: 'down' }
const SOON_S = 3_600

/** How a clock stands: by_s is when it runs out, done_s when what it waits for came. */
export function clockOf(by_s: number, done_s: number | null, now_s: number, stands = false): { state: ClockState; length_s: number } {
  if (done_s !== null) return done_s <= by_s ? { state: 'kept', length_s: by_s - done_s } : { state: 'missed', length_s: done_s - by_s }
  if (now_s > by_s) return { state: 'late', length_s: now_s - by_s }
  if (stands) return { state: 'stands', length_s: by_s - now_s }
  return { state: by_s - now_s < SOON_S ? 'soon' : 'runs', length_s: by_s - now_s }
}

/** The time that is left, by sign, word and colour; the instant stands behind it. */
export function Clock({ by_s, done_s, stands }: { by_s: number; done_s: number | null; stands?: boolean }) {
  const { t } = useTranslation('work')
  const { state, length_s } = clockOf(by_s, done_s, useNow(), stands)
  return (
    <span className="clock" data-clock={state} title={instant(by_s)}>
      <Sign name={CLOCK_SIGNS[state]} />
      {t(`clock.${state}`, { length: length(length_s < 60 ? length_s : length_s - (length_s % 60)) })}
    </span>
  )
}

/** The clock that matters now: the answer's until somebody answered, then the repair's. */
export function TicketClock({ of }: { of: Ticket }) {
  const done_s = of.ended_s ?? of.recovered_s
  if (of.responded_s === null && done_s === null) {
    return <Clock by_s={Math.min(of.respond_by_s, of.restore_by_s)} done_s={null} stands={of.is_paused} />
  }
  return <Clock by_s={of.restore_by_s} done_s={done_s} stands={of.is_paused} />
}

const STAGE_SIGNS: Record<Stage, SignName> = {
  open: 'fault', assigned: 'person', accepted: 'check', on_site: 'pin', done: 'wrench', verified: 'up', regressed: 'down', cancelled: 'off',
}

export function StageMark({ of }: { of: Pick<Ticket, 'stage' | 'held' | 'is_paused' | 'resolution'> }) {
  const { t } = useTranslation(['work', 'common'])
  const beside = [
    of.held && t(`held.${of.held}`, { defaultValue: of.held }),
    of.is_paused && t('paused'),
    of.stage === 'verified' && of.resolution && t(`resolution.${of.resolution}`),
  ].filter(Boolean)
  return (
    <span className="stage" data-stage={of.stage}>
      <Sign name={STAGE_SIGNS[of.stage]} />
      {[t(`common:stage.${of.stage}`), ...beside].join(' · ')}
    </span>
  )
}

/** What is broken, in a few words: "switch SW-7", or the camera's name. */
export function useTicketName(): (of: Pick<Ticket, 'kind' | 'thing' | 'name'>) => string {
  const { t } = useTranslation('common')
  return useCallback((of) => (of.kind === 'camera' ? of.name : `${t(`cause.${of.kind}`)} ${of.thing}`), [t])
}

/** An outcome or a kind of fault in words. */
export function useShown(): (what: string) => string {
  const { t } = useTranslation('common')
  return useCallback((what) => t([`outcome.${what}`, `kind.${what}`], { defaultValue: what }), [t])
}

/** Who did it, in words: a person's sign-in name, or lenskeeper itself. */
export function useActor(): (actor: string) => string {
  const { t } = useTranslation('work')
  return useCallback((actor) => {
    if (actor === 'rounds' || actor === 'desk') return t(`actor.${actor}`)
    return actor.replace(/^(account|local|person):/, '')
  }, [t])
}

export function DayWord({ of }: { of: number }) {
  return <span className="figure">{day(of)}</span>
}

/** Money in cents, as the language writes it, without a currency's sign. */
export function money(cents: number, language: string): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(cents / 100)
}

/** A QR code from its rows of "0" and "1". */
export function Square({ rows, label }: { rows: string[]; label: string }) {
  const path = rows.flatMap((row, y) => [...row].flatMap((bit, x) => (bit === '1' ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg className="square" role="img" aria-label={label} viewBox={`0 0 ${rows.length} ${rows.length}`} shapeRendering="crispEdges">
      <path d={path} fill="currentColor" />
    </svg>
  )
}

export const ticketKey = (number: number) => ['tickets', 'one', number] as const

/**
 * One act upon a ticket. `guess`: the stage that it leads to, shown at once; the server's word replaces it. Where another person was
 * quicker, the ticket is read anew and `overtaken` says so.
 */
export function useTicketAct(number: number) {
  const queries = useQueryClient()
  const [error, setError] = useState<unknown>(null)
  const [overtaken, setOvertaken] = useState(false)
  const act = useCallback(async (send: () => Promise<File>, guess?: Stage): Promise<void> => {
    const key = ticketKey(number)
    const before = queries.getQueryData<File>(key)
    setError(null)
    setOvertaken(false)
    await queries.cancelQueries({ queryKey: key })
    if (guess && before) queries.setQueryData<File>(key, { ...before, ticket: { ...before.ticket, stage: guess }, steps: [] })
    try {
      queries.setQueryData(key, await send())
      void queries.invalidateQueries({ queryKey: ['tickets'], predicate: (each) => each.queryKey[1] !== 'one' })
      void queries.invalidateQueries({ queryKey: ['plans'] })
    } catch (failed) {
      if (before) queries.setQueryData(key, before)
      if (failed instanceof Problem && failed.code === 'conflict') {
        await queries.invalidateQueries({ queryKey: key })
        setOvertaken(true)
      }
      setError(failed)
      throw failed
    }
  }, [number, queries])
  return { act, error, overtaken, calm: () => { setError(null); setOvertaken(false) } }
}
