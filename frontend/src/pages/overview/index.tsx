// What is read at eight o'clock, and live: rates with their coverage, what changed, the worst units, open causes, the trend.
import { Button, Paper, SegmentedControl, Table, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useId, useMemo, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { TimeChart } from '../../shell/charts'
import { count, figure, percent } from '../../shell/format'
import { useLive } from '../../shell/live'
import { Count, Instant, Rate, StateMark } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, PageHead, Wide } from '../../shell/page'
import './overview.css'

type Shown = Schemas['Overview']
type Day = Shown['days'][number]
const STATES = ['down', 'fault', 'unknown', 'up', 'not_watched'] as const
const DAY_S = 86_400
const HOUR_S = 3_600
const AGAIN_MS = 5_000 // a storm of changes asks for the figures once

/** Shares of some days together; null: nothing was known. */
export function sharesOf(days: Day[]): { online: number | null; coverage: number | null; fit: number | null; fitCoverage: number | null } {
  const sum = (of: (day: Day) => number) => days.reduce((all, day) => all + of(day), 0)
  const [up, known, expected] = [sum((d) => d.up_s), sum((d) => d.up_s + d.down_s), sum((d) => d.expected_s)]
  const [fit, judged] = [sum((d) => d.fit_s), sum((d) => d.fit_s + d.fault_s)]
  const share = (a: number, b: number) => (b > 0 ? a / b : null)
  return { online: share(up, known), coverage: share(known, expected), fit: share(fit, judged), fitCoverage: share(judged, expected) }
}

export default function OverviewPage() {
  const { t } = useTranslation(['overview', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const [days, setDays] = useState('30')
  const found = useQuery({ queryKey: ['overview', days], queryFn: () => got(api.GET('/api/overview', { params: { query: { days: Number(days) } } })), placeholderData: (before: Shown | undefined) => before })
  const waits = useRef<ReturnType<typeof setTimeout> | null>(null)
  useLive(['overview'], () => {
    waits.current ??= setTimeout(() => { waits.current = null; void queries.invalidateQueries({ queryKey: ['overview'] }) }, AGAIN_MS)
  })
  return (
    <>
      <PageHead title={t('title')} lead={me.sees_all ? me.organisation : me.units.map((each) => each.name).join(', ')} />
      <Answer of={found} lines={10}>{(shown) => <Page shown={shown} days={days} onDays={setDays} />}</Answer>
    </>
  )
}

function Page({ shown, days, onDays }: { shown: Shown; days: string; onDays: (days: string) => void }) {
  const { t } = useTranslation(['overview', 'common'])
  const me = useMe()
  const total = STATES.reduce((all, each) => all + shown.states[each], 0)
  if (total === 0 && shown.days.length === 0) return <Empty title={t('none')} act={me.may('keep_register') ? <Button component={Link} href="/cameras/import">{t('read_in')}</Button> : <Link href="/cameras">{t('to_cameras')}</Link>}>{t('none_note')}</Empty>
  const [now, then] = [sharesOf(shown.days.slice(-1)), sharesOf(shown.days.slice(-2, -1))]
  return (
    <>
      <div className="tiles">
        <Tile title={t('common:rate.online')} note={<Step now={now.online} then={then.online} />}><Link href="/reports"><Rate share={now.online} coverage={now.coverage} /></Link></Tile>
        <Tile title={t('common:rate.integrity')} note={<Step now={now.fit} then={then.fit} />}><Link href="/reports"><Rate share={now.fit} coverage={now.fitCoverage} /></Link></Tile>
        <Tile title={t('open')} note={shown.tickets_late > 0 ? <Link className="plain-link" href="/work/tickets?late=1">{t('late', { count: shown.tickets_late })}</Link> : t('none_late')}><Link href="/work/tickets"><Count of={shown.tickets_open} /></Link></Tile>
        {shown.since && (
          <Tile title={t('since')} note={<Instant at_s={shown.since.at_s} />}>
            <span className="tile-words">
              <Link href={`/work/tickets?view=all&since=${shown.since.at_s}`}>{t('opened', { count: shown.since.opened })}</Link>{' · '}
              <Link href={`/work/tickets?view=over&since=${shown.since.at_s}`}>{t('ended', { count: shown.since.ended })}</Link>{' · '}
              <Link href="/cameras?state=down&order=-since">{t('gone_down', { count: shown.since.gone_down })}</Link>
            </span>
          </Tile>
        )}
      </div>
      <Part title={t('now')}>
        <ul className="states">
          {STATES.map((each) => (
            <li key={each}><Link href={`/cameras?state=${each}`}><StateMark state={each} /> <strong className="figure">{count(shown.states[each])}</strong></Link></li>
          ))}
        </ul>
      </Part>
      <div className="overview-sheets">
        <Worst shown={shown} />
        <Causes shown={shown} />
      </div>
      <Part title={t('trend')} beside={<SegmentedControl size="xs" aria-label={t('trend')} value={days} onChange={onDays} data={['7', '30', '90'].map((value) => ({ value, label: t('days', { count: Number(value) }) }))} />}>
        <Trend days={shown.days} />
      </Part>
    </>
  )
}

function Tile({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  const id = useId()
  return <section className="tile" aria-labelledby={id}><h2 id={id}>{title}</h2><div className="tile-figure">{children}</div><div className="dim">{note}</div></section>
}

/** How it changed against the day before, in points of a per cent. */
function Step({ now, then }: { now: number | null | undefined; then: number | null | undefined }) {
  const { t } = useTranslation('overview')
  if (now == null || then == null) return <>{t('yesterday')}</>
  const points = (now - then) * 100
  return <>{t('yesterday')} · {t(points >= 0 ? 'better' : 'worse', { points: figure(Math.abs(points), 2) })}</>
}

function Part({ title, beside, children }: { title: string; beside?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <div className="overview-part"><Title order={2} size="h5" id={id}>{title}</Title>{beside}</div>
      {children}
    </Paper>
  )
}

function Worst({ shown }: { shown: Shown }) {
  const { t } = useTranslation(['overview', 'common'])
  return (
    <Part title={t('worst')}>
      {shown.worst.length === 0 ? <p className="dim">{t('no_worst')}</p> : (
        <Wide label={t('worst')}>
          <Table aria-label={t('worst')} miw={380}>
            <Table.Thead><Table.Tr><Table.Th>{t('common:word.unit')}</Table.Th><Table.Th ta="right">{t('lost')}</Table.Th><Table.Th>{t('common:rate.online')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {shown.worst.map((each) => (
                <Table.Tr key={each.unit_id}>
                  <Table.Th scope="row"><Link className="plain-link" href={`/cameras?unit=${each.unit_id}&order=state`}>{each.unit}</Link></Table.Th>
                  <Table.Td ta="right" className="figure">{figure(each.lost_s / HOUR_S, 1)}</Table.Td>
                  <Table.Td><Rate share={each.up_s + each.down_s > 0 ? each.up_s / (each.up_s + each.down_s) : null} coverage={each.expected_s > 0 ? (each.up_s + each.down_s) / each.expected_s : null} /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Part>
  )
}

function Causes({ shown }: { shown: Shown }) {
  const { t } = useTranslation(['overview', 'common'])
  const shows = (what: string) => t(`common:kind.${what}`, { defaultValue: t(`common:outcome.${what}`, { defaultValue: what }) })
  return (
    <Part title={t('causes')} beside={<Link className="plain-link" href="/work/causes">{t('common:act.show_all')}</Link>}>
      {shown.causes.length === 0 ? <p className="dim">{t('no_causes')}</p> : (
        <ul className="causes">
          {shown.causes.map((each) => (
            <li key={each.ticket_id}>
              <Link className="plain-link" href={`/work/tickets/${each.ticket_id}`}>{`#${each.ticket_id} `}{t(`common:cause.${each.kind}`, { defaultValue: each.kind })} {each.name}</Link>
              <span className="dim">{shows(each.what)} · {t('cameras', { count: each.cameras })} · {t(`common:desk.${each.desk}`, { defaultValue: each.desk })} · {t(`common:stage.${each.stage}`)}</span>
            </li>
          ))}
        </ul>
      )}
    </Part>
  )
}

function Trend({ days }: { days: Day[] }) {
  const { t } = useTranslation(['overview', 'common'])
  const at_s = useMemo(() => days.map((each) => each.day * DAY_S), [days])
  const [online, coverage, integrity] = [t('common:rate.online'), t('common:word.coverage'), t('common:rate.integrity')]
  const series = useMemo(() => {
    const shares = days.map((each) => sharesOf([each]))
    return [
      { title: online, values: shares.map((each) => each.online) },
      { title: coverage, values: shares.map((each) => each.coverage) },
      { title: integrity, values: shares.map((each) => each.fit) },
    ]
  }, [days, online, coverage, integrity])
  const format = useCallback((value: number) => percent(value, 1), [])
  if (days.length === 0) return <p className="dim">{t('no_days')}</p>
  return <TimeChart label={t('trend')} at_s={at_s} series={series} format={format} max={1} day />
}
