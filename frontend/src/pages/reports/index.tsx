// Reports: those that were issued, one of them on line, and a new one.
import { Button, Group, Modal, Select, Stack, Table, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, Route, Switch, useLocation, useParams, useSearch } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { DataTable, type Column } from '../../shell/table'
import { CameraBehind, Figure, figureTo } from './figure'
import './reports.css'

type Line = Schemas['ReportLine']
const FORMS = ['pdf', 'xlsx', 'csv', 'json'] as const

/** The last day of a report: `end` is the day after it. */
function lastDay(end: string): string {
  return new Date(Date.parse(`${end}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
}

function range(line: Line): string {
  const last = lastDay(line.end)
  return last === line.first ? line.first : `${line.first} – ${last}`
}

export default function Reports() {
  return (
    <Switch>
      <Route path="/reports/camera/:id"><CameraBehind /></Route>
      <Route path="/reports/:id/figure"><Figure /></Route>
      <Route path="/reports/now"><Now /></Route>
      <Route path="/reports/:id"><One /></Route>
      <Route><List /></Route>
    </Switch>
  )
}

function List() {
  const { t } = useTranslation(['reports', 'common'])
  const me = useMe()
  const [issuing, setIssuing] = useState(false)
  const found = useQuery({ queryKey: ['reports'], queryFn: () => got(api.GET('/api/reports')) })
  const columns: Column<Line>[] = [
    { key: 'range', title: t('range'), cell: range, width: 220, narrow: true },
    { key: 'unit', title: t('common:word.unit'), cell: (row) => row.unit, narrow: true },
    { key: 'kind', title: t('kind'), cell: (row) => t(`kinds.${row.kind}`, { defaultValue: row.kind }), width: 110 },
    { key: 'revision', title: t('revision'), cell: (row) => row.revision, width: 90, align: 'right' },
    { key: 'issued', title: t('issued'), cell: (row) => <Instant at_s={row.issued_at_s} />, width: 160 },
    { key: 'by', title: t('by'), cell: (row) => row.issued_by.replace(/^account:/, ''), width: 140 },
  ]
  const act = me.may('issue') && <Button size="xs" onClick={() => setIssuing(true)}>{t('issue')}</Button>
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} acts={act} />
      <DataTable name="reports" asked="/api/reports" label={t('title')} columns={columns} rows={found.data ?? []} rowKey={(row) => row.report_id} rowTo={(row) => `/reports/${row.report_id}`}
        total={found.data?.length ?? null} isLoading={found.isPending} error={found.error} retry={() => void found.refetch()} empty={<Empty title={t('none')} act={act}>{t('none_what')}</Empty>} />
      <Schedules />
      {issuing && <Issue onClose={() => setIssuing(false)} />}
    </>
  )
}

/** Freezes a report of a month or of any days, for a unit. */
function Issue({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['reports', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [period, setPeriod] = useState(() => new Date(new Date().setDate(0)).toISOString().slice(0, 7))
  const [unit, setUnit] = useState<string | null>(me.units[0] ? String(me.units[0].unit_id) : null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    setError(null)
    try {
      const made = await got(api.POST('/api/reports', { body: { unit_id: Number(unit), period: period.trim() } }))
      await queries.invalidateQueries({ queryKey: ['reports'] })
      onClose()
      go(`/reports/${made.report_id}`)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('issue')}>
      <form onSubmit={(event) => { event.preventDefault(); void run() }}>
        <Stack gap="sm">
          <Select label={t('common:word.unit')} required value={unit} onChange={setUnit} data={me.units.map((each) => ({ value: String(each.unit_id), label: each.path }))} />
          <TextInput label={t('period')} description={t('period_what')} required value={period} maxLength={40} onChange={(event) => setPeriod(event.currentTarget.value)} data-autofocus />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button variant="default" disabled={!unit || !period.trim()} onClick={() => go(`/reports/now?${new URLSearchParams({ unit_id: unit ?? '', period: period.trim() })}`)}>{t('look')}</Button><Button type="submit" loading={busy} disabled={!unit || !period.trim()}>{t('issue')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

function One() {
  const { t, i18n } = useTranslation(['reports', 'common'])
  const { id } = useParams<{ id: string }>()
  const report_id = Number(id)
  const language = i18n.language === 'zh-CN' ? 'zh-CN' : 'en'
  const found = useQuery({ queryKey: ['reports', report_id, language], queryFn: () => got(api.GET('/api/reports/{report_id}', { params: { path: { report_id }, query: { language } } })) })
  const line = found.data?.report
  return (
    <>
      <PageHead
        title={line ? `${line.unit.split('/').at(-1)} ${range(line)}` : t('title')}
        trail={[{ title: t('title'), to: '/reports' }]}
        lead={line && <>{t('frozen', { revision: line.revision })} <Instant at_s={line.issued_at_s} /> · {t('known_until')} <Instant at_s={line.watermark_s} />{line.exercise && <> · {t('exercise')}</>}</>}
        acts={<>{FORMS.map((form) => (
          <Button key={form} component="a" size="xs" variant={form === 'pdf' ? 'filled' : 'default'} download href={`/api/reports/${report_id}/file?form=${form}&language=${language}`} leftSection={<Sign name="down_file" size={14} />}>{form.toUpperCase()}</Button>
        ))}<Button size="xs" variant="default" onClick={() => window.print()}>{t('print')}</Button></>}
      />
      <Answer of={found} lines={14}>
        {({ report, tables }) => (
          <div className="report">
            <Tables of={id} tables={tables} rest={dayRest(report.unit_id)} />
            <p className="report-note"><Link href="/reports">{t('back')}</Link>{" · SHA-256 "}<code>{report.sha256}</code></p>
          </div>
        )}
      </Answer>
    </>
  )
}

type TableShown = Schemas['ReportTable']

/** What the report of now of one day needs beside the day. */
function dayRest(unit_id: number): string {
  return new URLSearchParams({ unit_id: String(unit_id) }).toString()
}

/** The tables; each figure is a link to what it was computed from, each day to its own report. */
function Tables({ of, tables, rest, now = '' }: { of: string; tables: TableShown[]; rest: string; now?: string }) {
  const { t } = useTranslation(['reports', 'common'])
  return tables.map((each) => (
    <section key={each.key} aria-labelledby={`table-${each.key}`}>
      <details open={each.rows.length <= 40}>
        <summary><Title order={2} size="h5" id={`table-${each.key}`}>{each.title}</Title></summary>
        {each.note && <p className="report-note">{each.note}</p>}
        <Wide label={each.title}>
          <Table className="report-table">
            <thead><tr>{each.headings.map((heading) => <th key={heading} scope="col">{heading}</th>)}</tr></thead>
            <tbody>{each.rows.slice(0, 500).map((row, at) => (
              <tr key={`${row[0]} ${at}`}>{row.map((cell, column) => {
                const [group, metric] = [each.groups[at] ?? '-', each.metrics[at]?.[column]]
                const day = each.key === 'days' && column === 0 ? `/reports/now?${rest}&period=${cell}` : null
                const to = metric && group !== '-' ? figureTo(of, now, metric, group) : day
                return <td key={each.headings[column]}>{to ? <Link className="plain-link" href={to}>{cell}</Link> : cell}</td>
              })}</tr>
            ))}</tbody>
          </Table>
        </Wide>
        {each.rows.length > 500 && <p className="report-note">{t('cut', { count: each.rows.length })}</p>}
      </details>
    </section>
  ))
}

/** A report as the books stand, kept nowhere. */
function Now() {
  const { t, i18n } = useTranslation(['reports', 'common'])
  const query = new URLSearchParams(useSearch())
  const language = i18n.language === 'zh-CN' ? 'zh-CN' as const : 'en' as const
  const asked = { unit_id: Number(query.get('unit_id')), period: query.get('period') ?? '', language }
  const found = useQuery({ queryKey: ['reports', 'now', asked], enabled: asked.unit_id > 0 && asked.period !== '', queryFn: () => got(api.GET('/api/reports/now', { params: { query: asked } })) })
  const now = new URLSearchParams({ unit_id: String(asked.unit_id), period: asked.period }).toString()
  if (!asked.unit_id || !asked.period) return <Redirect to="/reports" replace />
  return (
    <>
      <PageHead title={found.data ? `${found.data.unit.split('/').at(-1)} ${found.data.period}` : t('title')} trail={[{ title: t('title'), to: '/reports' }]}
        lead={found.data && <>{t('of_now')} <Instant at_s={found.data.watermark_s} />{found.data.cut && <> · {t('not_over')}</>}{found.data.exercise && <> · {t('exercise')}</>}</>}
        acts={<Button className="no-print" size="xs" variant="default" onClick={() => window.print()}>{t('print')}</Button>} />
      <Answer of={found} lines={14}>{({ tables }) => <div className="report"><Tables of="now" tables={tables} rest={dayRest(asked.unit_id)} now={now} /></div>}</Answer>
    </>
  )
}

/** The units whose reports issue themselves: listed, added, removed. */
function Schedules() {
  const { t } = useTranslation(['reports', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const [unit, setUnit] = useState<string | null>(me.units[0] ? String(me.units[0].unit_id) : null)
  const [every, setEvery] = useState<'week' | 'month'>('month')
  const [error, setError] = useState<unknown>(null)
  const found = useQuery({ queryKey: ['reports', 'schedule'], queryFn: () => got(api.GET('/api/reports/schedule')) })
  const run = async (act: () => Promise<unknown>) => {
    setError(null)
    try {
      await act()
      await queries.invalidateQueries({ queryKey: ['reports', 'schedule'] })
    } catch (failed) {
      setError(failed)
    }
  }
  return (
    <section className="report-schedule" aria-labelledby="schedule-title">
      <Title order={2} size="h5" id="schedule-title">{t('schedule.title')}</Title>
      <p className="report-note">{t('schedule.what')}</p>
      <Answer of={found}>
        {(rows) => (
          <ul>{rows.map((row) => (
            <li key={`${row.unit_id} ${row.every}`}>{row.unit} · {t(`kinds.${row.every}`)}{me.may('issue') && <> <Button size="compact-xs" variant="default" aria-label={`${t('schedule.remove')} ${row.unit} ${t(`kinds.${row.every}`)}`} onClick={() => void run(() => got(api.DELETE('/api/reports/schedule/{unit_id}/{every}', { params: { path: { unit_id: row.unit_id, every: row.every } } })))}>{t('schedule.remove')}</Button></>}</li>
          ))}</ul>
        )}
      </Answer>
      {me.may('issue') && (
        <form onSubmit={(event) => { event.preventDefault(); void run(() => got(api.POST('/api/reports/schedule', { body: { unit_id: Number(unit), every } }))) }}>
          <Group align="end" gap="sm">
            <Select label={t('common:word.unit')} value={unit} onChange={setUnit} data={me.units.map((each) => ({ value: String(each.unit_id), label: each.path }))} />
            <Select label={t('kind')} value={every} onChange={(value) => setEvery(value === 'week' ? 'week' : 'month')} data={[{ value: 'month', label: t('kinds.month') }, { value: 'week', label: t('kinds.week') }]} />
            <Button type="submit" variant="default" disabled={!unit}>{t('schedule.add')}</Button>
          </Group>
        </form>
      )}
      {error !== null && <ProblemNote error={error} />}
    </section>
  )
}
