// One figure opened: how it was computed, with its very numbers, and the cameras that add up to it; one camera's runs and looks.
import { Anchor, Paper, Table, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearch } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count, figure } from '../../shell/format'
import { Instant } from '../../shell/marks'
import { Answer, PageHead, Wide } from '../../shell/page'

type Shown = Schemas['FigureShown']
const HOUR_S = 3_600
const SHOWN_MAX = 500

/** Where a figure opens. `of`: "7" (an issued report) or "now"; `rest`: what else names the report of now. */
export function figureTo(of: string, rest: string, metric: string, group: string): string {
  const query = new URLSearchParams(rest)
  query.set('metric', metric)
  if (group) query.set('group', group)
  return `/reports/${of}/figure?${query}`
}

export function Figure() {
  const { t, i18n } = useTranslation(['reports', 'common'])
  const { id } = useParams<{ id: string }>()
  const query = new URLSearchParams(useSearch())
  const language = i18n.language === 'zh-CN' ? 'zh-CN' as const : 'en' as const
  const asked = { metric: (query.get('metric') ?? 'online_rate') as Schemas['Metric'], group: query.get('group') ?? '', language }
  const of_now = { unit_id: Number(query.get('unit_id')), period: query.get('period') ?? '' }
  const found = useQuery({
    queryKey: ['reports', id, 'figure', asked, of_now],
    queryFn: () => id === 'now'
      ? got(api.GET('/api/reports/now/figure', { params: { query: { ...asked, ...of_now } } }))
      : got(api.GET('/api/reports/{report_id}/figure', { params: { path: { report_id: Number(id) }, query: asked } })),
  })
  const back = id === 'now' ? `/reports/now?${new URLSearchParams({ unit_id: String(of_now.unit_id), period: of_now.period })}` : `/reports/${id}`
  const shown = found.data
  return (
    <>
      <PageHead title={shown ? `${shown.name}: ${shown.shown}` : t('title')} trail={[{ title: t('title'), to: '/reports' }, { title: t('report'), to: back }]}
        lead={shown && <>{shown.group_name} · <Instant at_s={shown.a_s} /> – <Instant at_s={shown.b_s} /></>} />
      <Answer of={found} lines={12}>{(each) => <div className="report"><How shown={each} /><Cameras shown={each} /></div>}</Answer>
    </>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return <Paper withBorder p="md" component="section" aria-label={title}><Title order={2} size="h5" mb={6}>{title}</Title>{children}</Paper>
}

function amount(seconds: number, unit: string): string {
  return unit === 'count' ? count(seconds) : `${figure(seconds / HOUR_S, 2)} h`
}

/** The formula with the numbers of this very unit and period. */
function How({ shown }: { shown: Shown }) {
  const { t } = useTranslation(['reports', 'common'])
  const isRegister = shown.metric === 'metadata_completeness'
  const above = isRegister || shown.unit === 'count' ? count(shown.numerator) : `${count(shown.numerator)} s`
  const below = isRegister ? count(shown.denominator) : `${count(shown.denominator)} s`
  const { sums } = shown
  const rows: [string, number, string][] = [
    ['span_s', sums.span_s, ''], ['excluded_s', sums.excluded_s, '−'], ['expected_s', sums.expected_s, '='],
    ['up_s', sums.up_s, ''], ['down_s', sums.down_s, '+'], ['unknown_s', sums.unknown_s, '+'],
    ['fit_s', sums.fit_s, ''], ['fault_s', sums.fault_s, ''],
  ]
  return (
    <Section title={t('how.title')}>
      <p>{shown.meaning}</p>
      <p className="report-formula">
        {shown.unit === 'share'
          ? <><code>{shown.numerator_words} ÷ {shown.denominator_words}</code><br /><code>{above} ÷ {below} = {shown.shown}</code></>
          : <><code>{shown.numerator_words}</code><br /><code>{above} = {shown.shown}</code></>}
      </p>
      <p className="report-note">{t(`how.round_${shown.unit}`)} {t('how.coverage', { value: shown.coverage })} {t('how.edition', { edition: shown.edition })}</p>
      <Wide label={t('how.time')}>
        <Table className="report-table" aria-label={t('how.time')} maw={560}>
          <thead><tr><th scope="col">{t('how.time')}</th><th scope="col" className="end">s</th><th scope="col" className="end">h</th></tr></thead>
          <tbody>{rows.map(([key, value, sign]) => <tr key={key}><th scope="row">{sign} {t(`how.${key}`)}</th><td className="end">{count(value)}</td><td className="end">{figure(value / HOUR_S, 1)}</td></tr>)}</tbody>
        </Table>
      </Wide>
      <p className="report-note">{t('how.out', { hours: figure(sums.out_of_service_s / HOUR_S, 1) })} {t('how.unknown')}</p>
      <Title order={3} size="h6">{t('how.excluded')}</Title>
      {shown.excluded.length === 0 ? <p className="report-note">{t('how.no_excluded')}</p> : (
        <Wide label={t('how.excluded')}>
          <Table className="report-table" aria-label={t('how.excluded')}>
            <thead><tr><th scope="col">{t('how.reason')}</th><th scope="col">{t('by')}</th><th scope="col">{t('how.state')}</th><th scope="col" className="end">{t('cameras')}</th><th scope="col" className="end">h</th></tr></thead>
            <tbody>{shown.excluded.map((each) => <tr key={`${each.author} ${each.reason} ${each.pending}`}><td>{each.reason || t('how.out_of_service')}</td><td>{each.author || t('how.register')}</td><td>{t(each.pending ? 'how.pending' : 'how.approved')}</td><td className="end">{count(each.cameras)}</td><td className="end">{figure(each.excluded_s / HOUR_S, 1)}</td></tr>)}</tbody>
          </Table>
        </Wide>
      )}
    </Section>
  )
}

function Cameras({ shown }: { shown: Shown }) {
  const { t } = useTranslation(['reports', 'common'])
  const [words, setWords] = useState('')
  const rows = shown.cameras.filter((each) => `${each.name} ${each.code}`.toLowerCase().includes(words.trim().toLowerCase()))
    .sort((a, b) => (b.denominator - b.numerator) - (a.denominator - a.numerator))
  return (
    <Section title={t('behind', { count: shown.cameras.length })}>
      <TextInput className="no-print" label={t('find')} value={words} onChange={(event) => setWords(event.currentTarget.value)} mb="sm" maw={320} />
      <Wide label={t('cameras')}>
        <Table className="report-table" aria-label={t('cameras')}>
          <thead><tr><th scope="col">{t('camera')}</th><th scope="col">{t('code')}</th><th scope="col" className="end">{shown.name}</th><th scope="col" className="end">{shown.numerator_words}</th><th scope="col" className="end">{shown.denominator_words}</th></tr></thead>
          <tbody>
            {rows.slice(0, SHOWN_MAX).map((each) => (
              <tr key={each.point_id}>
                <th scope="row">{each.spans.map((span) => (
                  <Anchor key={span.a_s} component={Link} className="plain-link" href={`/reports/camera/${each.point_id}?a_s=${span.a_s}&b_s=${span.b_s}`}>{each.name}{each.spans.length > 1 && <> (<Instant at_s={span.a_s} />)</>}</Anchor>
                ))}</th>
                <td>{each.code}</td><td className="end">{each.shown}</td><td className="end">{count(each.numerator)}</td><td className="end">{count(each.denominator)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot><tr><th scope="row" colSpan={2}>{t('sum')}</th><td className="end">{shown.shown}</td><td className="end">{count(shown.numerator)}</td><td className="end">{count(shown.denominator)}</td></tr></tfoot>
        </Table>
      </Wide>
      {rows.length > SHOWN_MAX && <p className="report-note">{t('cut', { count: rows.length })}</p>}
    </Section>
  )
}

export function CameraBehind() {
  const { t } = useTranslation(['reports', 'common'])
  const { id } = useParams<{ id: string }>()
  const query = new URLSearchParams(useSearch())
  const stretch = query.has('a_s') ? { a_s: Number(query.get('a_s')), b_s: Number(query.get('b_s')) } : {}
  const found = useQuery({ queryKey: ['reports', 'camera', id, stretch], queryFn: () => got(api.GET('/api/reports/camera/{point_id}', { params: { path: { point_id: Number(id) }, query: stretch } })) })
  const word = (reason: string) => t(`common:outcome.${reason}`, { defaultValue: t(`common:kind.${reason}`, { defaultValue: reason }) })
  return (
    <>
      <PageHead title={found.data?.name ?? t('camera')} trail={[{ title: t('title'), to: '/reports' }]} lead={found.data && <><Instant at_s={found.data.a_s} /> – <Instant at_s={found.data.b_s} /></>} acts={<Link className="plain-link" href={`/cameras/${id}`}>{t('to_camera')}</Link>} />
      <Answer of={found} lines={10}>
        {(said) => (
          <div className="report">
            <Section title={t('runs')}>
              <p className="report-note">{t('runs_what', { hours: amount(said.excluded_s, 'camera_hours') })}</p>
              <Wide label={t('runs')}>
                <Table className="report-table" aria-label={t('runs')}>
                  <thead><tr><th scope="col">{t('lane')}</th><th scope="col">{t('from')}</th><th scope="col">{t('to')}</th><th scope="col">{t('how.state')}</th><th scope="col" className="end">{t('counted')}</th></tr></thead>
                  <tbody>{said.runs.slice(0, SHOWN_MAX).map((run) => <tr key={`${run.lane} ${run.a_s}`}><td>{t(`lanes.${run.lane}`)}</td><td><Instant at_s={run.a_s} /></td><td><Instant at_s={run.b_s} /></td><td>{t(`${run.is_up ? 'yes' : 'no'}.${run.lane}`)}</td><td className="end">{count(run.counted_s)}</td></tr>)}</tbody>
                  <tfoot>{[...new Set(said.runs.map((run) => run.lane))].flatMap((lane) => [true, false].map((isUp) => (
                    <tr key={`${lane} ${isUp}`}><th scope="row" colSpan={3}>{t('sum')} · {t(`lanes.${lane}`)}</th><td>{t(`${isUp ? 'yes' : 'no'}.${lane}`)}</td><td className="end">{count(said.runs.filter((run) => run.lane === lane && run.is_up === isUp).reduce((all, run) => all + run.counted_s, 0))}</td></tr>
                  )))}</tfoot>
                </Table>
              </Wide>
              {said.runs.length > SHOWN_MAX && <p className="report-note">{t('cut_runs', { count: said.runs.length })}</p>}
            </Section>
            <Section title={t('looks')}>
              <Wide label={t('looks')}>
                <Table className="report-table" aria-label={t('looks')}>
                  <thead><tr><th scope="col">{t('at')}</th><th scope="col">{t('lane')}</th><th scope="col">{t('how.state')}</th><th scope="col">{t('how.reason')}</th><th scope="col">{t('prober')}</th></tr></thead>
                  <tbody>{said.looks.slice(0, SHOWN_MAX).map((look, at) => <tr key={`${look.lane} ${look.at_s} ${at}`}><td><Instant at_s={look.at_s} /></td><td>{t(`lanes.${look.lane}`)}</td><td>{t(`${look.is_up ? 'yes' : 'no'}.${look.lane}`)}</td><td>{look.reason ? word(look.reason) : '–'}</td><td>{look.prober || '–'}</td></tr>)}</tbody>
                </Table>
              </Wide>
            </Section>
          </div>
        )}
      </Answer>
    </>
  )
}
