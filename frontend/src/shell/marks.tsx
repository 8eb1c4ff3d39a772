// Small things that every page shows the same way: states, rates, instants, lengths of time.
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Sign, type SignName } from './signs'
import { ago, count, instant, length, percent, type InstantForm } from './format'

/** The present state of a camera in the five words of the server (serves faulty down unknown not_watched), and states of single lanes. */
export type State = 'serves' | 'faulty' | 'up' | 'down' | 'unknown' | 'fault' | 'low_visibility' | 'not_checkable' | 'planned' | 'not_watched'

const SIGNS: Record<State, SignName> = {
  serves: 'up',
  faulty: 'fault',
  up: 'up',
  down: 'down',
  unknown: 'unknown',
  fault: 'fault',
  low_visibility: 'fog',
  not_checkable: 'unknown',
  planned: 'wrench',
  not_watched: 'off',
}

/** A state by shape, colour and word: never by colour alone. `short` hides the word from the eye, not from a reader. */
export function StateMark({ state, short = false }: { state: string; short?: boolean }) {
  const { t } = useTranslation()
  const known = (state in SIGNS ? state : 'unknown') as State
  const word = t(`state.${known}`)
  return (
    <span className="state" data-state={known} title={short ? word : undefined}>
      <Sign name={SIGNS[known]} />
      <span className={short ? 'unseen' : undefined}>{word}</span>
    </span>
  )
}

/** A rate with its coverage beside it; no known time is "no data", neither 0 % nor 100 %. Shares of 0 to 1. */
export function Rate({ share, coverage, places = 2 }: { share: number | null | undefined; coverage?: number | null; places?: number }) {
  const { t } = useTranslation()
  if (share === null || share === undefined) return <span className="rate dim">{t('rate.none')}</span>
  return (
    <span className="rate">
      <span className="figure">{percent(share, places)}</span>
      {coverage !== undefined && coverage !== null && (
        <span className="coverage" data-thin={coverage < 0.9 || undefined}>
          {t('rate.coverage', { share: percent(coverage, 1) })}
        </span>
      )}
    </span>
  )
}

/** Now, in seconds, told anew every so many seconds. */
export function useNow(every_s = 30): number {
  const [now, set] = useState(() => Math.floor(Date.now() / 1000))
  useEffect(() => {
    const timer = setInterval(() => set(Math.floor(Date.now() / 1000)), every_s * 1000)
    return () => clearInterval(timer)
  }, [every_s])
  return now
}

/** An instant (UTC seconds) in the installation's zone; `form="ago"` tells how long since, with the instant as its title. */
export function Instant({ at_s, form = 'minute' }: { at_s: number | null | undefined; form?: InstantForm | 'ago' }) {
  const now = useNow()
  if (at_s === null || at_s === undefined) return <span className="dim">{'–'}</span>
  const iso = new Date(at_s * 1000).toISOString()
  return (
    <time dateTime={iso} title={instant(at_s, 'second')}>
      {form === 'ago' ? ago(at_s, now) : instant(at_s, form)}
    </time>
  )
}

/** A length of time in seconds by its two largest parts. */
export function Length({ length_s }: { length_s: number | null | undefined }) {
  if (length_s === null || length_s === undefined) return <span className="dim">{'–'}</span>
  return <span className="figure">{length(length_s)}</span>
}

/** A number as the language writes it. */
export function Count({ of }: { of: number | null | undefined }) {
  return <span className="figure">{of === null || of === undefined ? '–' : count(of)}</span>
}
