// A month's assessment from draft to issue: who objects, who rules, and why a figure changed.
import { Anchor, Button, Checkbox, Group, Modal, NumberInput, Paper, Select, Stack, Table, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count, day, percent } from '../../shell/format'
import { Instant, Length, Rate, StateMark } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { DataTable, type Column } from '../../shell/table'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { useActor, useShown } from './parts'
import { isProved, NO_PROOFS, SecondPerson } from './second'

type Row = Schemas['AssessmentRow']
type Shown = Schemas['AssessmentShown']
type Objection = Shown['objections'][number]
const SCHEME = '[scheme.main]\ntitle = "Main"\npass = 90\n[[scheme.main.item]]\nmeasure = "online_rate"\nweight = 100\nsteps = [[99, 100], [95, 50]]\n'
const LANE_STATES = { up: 'up', down: 'down', unknown: 'unknown' } as const

function fraction(points: string): string {
  const [over = '0', under = '1'] = points.split('/')
  return (Math.floor((Number(over) / Number(under)) * 100) / 100).toFixed(2)
}

function useStand(): (of: Row) => string {
  const { t } = useTranslation('work')
  return (of) => (of.report_id !== null ? t('assessment.issued') : of.is_open ? t('assessment.open', { day: day(of.open_until_day) }) : t('assessment.closed'))
}

export function Assessments() {
  const { t } = useTranslation(['work', 'common'])
  const stand = useStand()
  const [url, setUrl] = useUrlState({ draft: false })
  const list = useQuery({ queryKey: ['assessments'], queryFn: () => got(api.GET('/api/assessments')) })
  const columns: Column<Row>[] = [
    { key: 'whose', title: t('assessment.whose'), narrow: true, cell: (row) => `${row.month} ${row.whose}` },
    { key: 'state', title: t('common:word.state'), narrow: true, width: 240, cell: stand },
    { key: 'objections', title: t('objections'), width: 160, cell: (row) => t('objections_waiting', { count: row.objections, waiting: count(row.waiting) }) },
    { key: 'drafted', title: t('assessment.drafted'), width: 160, cell: (row) => <Instant at_s={row.drafted_s} /> },
    { key: 'scheme', title: t('scheme'), width: 140, cell: (row) => row.scheme },
  ]
  return (
    <>
      <PageHead title={t('assessment.title')} lead={t('assessment.lead')} acts={<Button onClick={() => setUrl({ draft: true })}>{t('assessment.draft')}</Button>} />
      <DataTable name="assessments" asked="/api/assessments" label={t('assessment.title')} columns={columns} rows={list.data ?? []} total={list.data?.length ?? null} isLoading={list.isPending} error={list.data ? null : list.error} retry={() => void list.refetch()}
        rowKey={(row) => row.assessment_id} rowTo={(row) => `/work/assessments/${row.assessment_id}`}
        empty={<Empty title={t('assessment.none')} act={<Button onClick={() => setUrl({ draft: true })}>{t('assessment.draft')}</Button>}>{t('assessment.none_note')}</Empty>} />
      <DraftAsked opened={url.draft} onClose={() => setUrl({ draft: false })} />
    </>
  )
}

function lastMonth(): string {
  const now = new Date()
  const at = now.getFullYear() * 12 + now.getMonth() - 1
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`
}

function DraftAsked({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const [, go] = useLocation()
  const contracts = useQuery({ queryKey: ['contracts'], enabled: opened, queryFn: () => got(api.GET('/api/contracts')) })
  const [month, setMonth] = useState(lastMonth)
  const [contract, setContract] = useState<string | null>(null)
  const [scheme, setScheme] = useState('main')
  const [text, setText] = useState(SCHEME)
  const [days, setDays] = useState<string | number>(5)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      const made = await got(api.POST('/api/assessments', { body: { month, contract: contract ?? '', unit: '', scheme, scheme_text: text, days: Number(days), calendar: '' } }))
      await queries.invalidateQueries({ queryKey: ['assessments'] })
      go(`/work/assessments/${made.assessment.assessment_id}`)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('assessment.draft')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          <TextInput label={t('month')} required pattern="\d{4}-\d{2}" value={month} onChange={(event) => setMonth(event.currentTarget.value)} />
          <Select label={t('common:word.contract')} required value={contract} onChange={setContract} data={(contracts.data ?? []).map((one) => one.name)} />
          <NumberInput label={t('assessment.days')} min={1} max={60} value={days} onChange={setDays} hideControls />
          <TextInput label={t('scheme')} required value={scheme} onChange={(event) => setScheme(event.currentTarget.value)} />
          <Textarea label={t('scheme_text')} required autosize minRows={5} maxRows={14} ff="monospace" value={text} onChange={(event) => setText(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" loading={busy} disabled={!contract}>{t('assessment.draft')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

export function OneAssessment({ number }: { number: number }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const me = useMe()
  const actor = useActor()
  const stand = useStand()
  const queries = useQueryClient()
  const key = ['assessments', number]
  const query = useQuery({ queryKey: key, queryFn: () => got(api.GET('/api/assessments/{assessment_id}', { params: { path: { assessment_id: number } } })), retry: false })
  const [objecting, setObjecting] = useState(false)
  const [issuing, setIssuing] = useState(false)
  const put = (next: Shown) => { queries.setQueryData(key, next); void queries.invalidateQueries({ queryKey: ['assessments'] }) }
  const found = query.data
  const is_draft = found !== undefined && found.assessment.report_id === null
  const file = (kind: string) => `/api/assessments/${number}/sheet.${kind}?language=${i18n.language}`
  return (
    <>
      <PageHead title={found ? `${found.assessment.month} ${found.assessment.whose}` : String(number)} trail={[{ title: t('tab.assessments'), to: '/work/assessments' }]} lead={found && stand(found.assessment)} acts={found && (
        <>
          {['pdf', 'xlsx'].map((kind) => <Button key={kind} component="a" href={file(kind)} download variant="default">{t(kind)}</Button>)}
          {found.assessment.is_open && <Button variant="default" onClick={() => setObjecting(true)}>{t('object')}</Button>}
          {is_draft && found.may_rule && <Button onClick={() => setIssuing(true)}>{t('assessment.issue')}</Button>}
        </>
      )} />
      <Answer of={query}>
        {(one) => (
          <Stack gap="md">
            <div className="work-two">
              <Came title={t('assessment.as_drafted')} of={one.draft} />
              {one.issued && <Came title={t('assessment.as_issued')} of={one.issued} />}
            </div>
            {one.issued && <Text size="sm">{t('assessment.issued_by', { who: actor(one.assessment.issued_by ?? '') })}{' '}<Instant at_s={one.assessment.issued_s} />{one.assessment.agreed_by && <>{' · '}{t('assessment.agreed', { who: actor(one.assessment.agreed_by) })}</>}</Text>}
            <section aria-labelledby="objections-title">
              <Title order={2} size="h5" id="objections-title">{t('objections')}</Title>
              {one.objections.length === 0
                ? <Empty title={t('objections_none')} act={one.assessment.is_open && <Button variant="default" onClick={() => setObjecting(true)}>{t('object')}</Button>}>{t('objections_none_note')}</Empty>
                : (
                  <Wide label={t('objections')}>
                    <Table>
                      <Table.Thead><Table.Tr><Table.Th>{t('number')}</Table.Th><Table.Th>{t('common:word.camera')}</Table.Th><Table.Th>{t('stretch')}</Table.Th><Table.Th>{t('common:word.reason')}</Table.Th><Table.Th>{t('ruling')}</Table.Th></Table.Tr></Table.Thead>
                      <Table.Tbody>
                        {one.objections.map((each) => (
                          <Table.Tr key={each.number}>
                            <Table.Td><Anchor component={Link} href={`/work/assessments/${number}/${each.number}`}>{`${number}.${each.number}`}</Anchor></Table.Td>
                            <Table.Td>{each.name}</Table.Td>
                            <Table.Td><Instant at_s={each.a} />{' – '}<Instant at_s={each.b} /></Table.Td>
                            <Table.Td>{each.reason}</Table.Td>
                            <Table.Td><RulingWord of={each} /></Table.Td>
                          </Table.Tr>
                        ))}
                      </Table.Tbody>
                    </Table>
                  </Wide>
                )}
            </section>
            <Changes number={number} />
          </Stack>
        )}
      </Answer>
      {found && <Object_ opened={objecting} of={found} onClose={() => setObjecting(false)} onDone={put} />}
      {found && me.may('contract') && <Issue opened={issuing} of={found} onClose={() => setIssuing(false)} onDone={put} />}
    </>
  )
}

function RulingWord({ of }: { of: Objection }) {
  const { t } = useTranslation('work')
  const actor = useActor()
  if (of.upheld === null) return <span className="word-untested">{t('waits')}</span>
  return <span className={of.upheld ? 'word-passed' : 'word-failed'}>{of.upheld ? t('upheld') : t('rejected')}<span className="dim">{` · ${actor(of.ruled_by ?? '')}: ${of.words}`}</span></span>
}

function Came({ title, of }: { title: string; of: Shown['draft'] }) {
  const { t } = useTranslation(['work', 'common'])
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2} size="h5">{title}</Title>
      <Text fz="xl" fw={600}>{t('points', { points: fraction(of.points), out_of: of.out_of })}</Text>
      <Text size="sm">{t('common:rate.online')}{' '}<Rate share={of.denominator > 0 ? of.numerator / of.denominator : null} />{of.passed !== null && <>{' · '}<span className={of.passed ? 'word-passed' : 'word-failed'}>{of.passed ? t('pass') : t('no_pass')}</span></>}</Text>
      <Text size="sm" c="dimmed">{t('revision', { number: of.revision })}{' · '}<Instant at_s={of.issued_s} />{' · '}{of.sha256.slice(0, 16)}</Text>
      <ul>{of.lines.map((line, at) => <li key={at}>{t(`measure.${line.measure}`, { defaultValue: line.measure })}{': '}{line.denominator > 0 ? percent(line.numerator / line.denominator) : t('common:rate.none')}{' · '}{line.points === null ? t('not_judged') : t('points', { points: fraction(line.points), out_of: line.weight })}</li>)}</ul>
    </Paper>
  )
}

function Object_({ opened, of, onClose, onDone }: { opened: boolean; of: Shown; onClose: () => void; onDone: (next: Shown) => void }) {
  const { t } = useTranslation(['work', 'common'])
  const [url] = useUrlState({ point: 0 })
  const [point, setPoint] = useState<string | null>(url.point ? String(url.point) : null)
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [reason, setReason] = useState('')
  const [error, setError] = useState<unknown>(null)
  const contract = useQuery({ queryKey: ['contracts', of.assessment.whose], enabled: opened && of.assessment.contract_id !== null, queryFn: () => got(api.GET('/api/contracts/{name}', { params: { path: { name: of.assessment.whose } } })) })
  const send = async () => {
    setError(null)
    try {
      onDone(await got(api.POST('/api/assessments/{assessment_id}/objections', { params: { path: { assessment_id: of.assessment.assessment_id } }, body: { point_id: Number(point), a: inZone(from, of.assessment.tz), b: inZone(to, of.assessment.tz), reason } })))
      toast({ words: t('objected') })
      onClose()
    } catch (failed) {
      setError(failed)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('object')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          {contract.data
            ? <Select label={t('common:word.camera')} required searchable limit={50} value={point} onChange={setPoint} data={contract.data.points.map((each) => ({ value: String(each.point_id), label: each.name }))} />
            : <TextInput label={t('point_number')} required inputMode="numeric" value={point ?? ''} onChange={(event) => setPoint(event.currentTarget.value)} />}
          <TextInput type="datetime-local" label={t('common:word.from')} description={of.assessment.tz} required value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="datetime-local" label={t('common:word.until')} required value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          <Textarea label={t('common:word.reason')} required maxLength={300} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" disabled={!point || !from || !to || !reason.trim()}>{t('object')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** The instant (UTC seconds) of a wall clock's "2026-10-03T14:30" in a zone. */
export function inZone(wall: string, tz: string): number {
  const as_utc = Date.parse(`${wall}:00Z`) / 1000
  const shown = (at_s: number) => {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: tz, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).formatToParts(at_s * 1000).map((each) => [each.type, each.value]))
    return Date.parse(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}Z`) / 1000
  }
  let at_s = as_utc - (shown(as_utc) - as_utc)
  at_s -= shown(at_s) - as_utc // once more, where the clock was changed in between
  return at_s
}

function Issue({ opened, of, onClose, onDone }: { opened: boolean; of: Shown; onClose: () => void; onDone: (next: Shown) => void }) {
  const { t } = useTranslation(['work', 'common'])
  const [agreed, setAgreed] = useState(NO_PROOFS)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const early = of.assessment.is_open
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      onDone(await got(api.POST('/api/assessments/{assessment_id}/issue', { params: { path: { assessment_id: of.assessment.assessment_id } }, body: { agreed: early ? agreed : null } })))
      toast({ words: t('assessment.issued') })
      onClose()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('assessment.issue')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="md">
          <Text size="sm">{t('assessment.issue_note')}</Text>
          {early && <SecondPerson title={t('assessment.other_side')} note={t('assessment.early_note', { day: day(of.assessment.open_until_day) })} proofs={agreed} set={setAgreed} />}
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" loading={busy} disabled={early && !isProved(agreed)}>{t('assessment.issue')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Changes({ number }: { number: number }) {
  const { t } = useTranslation(['work', 'common'])
  const [is_wanted, setWanted] = useState(false)
  const query = useQuery({ queryKey: ['assessments', number, 'changes'], enabled: is_wanted, queryFn: () => got(api.GET('/api/assessments/{assessment_id}/changes', { params: { path: { assessment_id: number } } })) })
  const told = (pair: number[] | null) => (pair === null ? t('not_there') : (pair[1] ?? 0) > 0 ? percent((pair[0] ?? 0) / (pair[1] ?? 1)) : t('common:rate.none'))
  return (
    <section aria-labelledby="changes-title">
      <Title order={2} size="h5" id="changes-title">{t('changes')}</Title>
      <Button size="compact-md" variant="default" aria-expanded={is_wanted} onClick={() => setWanted((now) => !now)}>{t('changes_show')}</Button>
      {is_wanted && (
        <Answer of={query}>
          {(rows) => rows.length === 0 ? <Text size="sm">{t('changes_none')}</Text> : (
            <Wide label={t('changes')}>
              <Table>
                <Table.Thead><Table.Tr><Table.Th>{t('change_of')}</Table.Th><Table.Th>{t('figure')}</Table.Th><Table.Th>{t('before')}</Table.Th><Table.Th>{t('after')}</Table.Th><Table.Th>{t('why_changed')}</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {rows.map((each, at) => (
                    <Table.Tr key={at}>
                      <Table.Td>{each.name || t('whole')}</Table.Td><Table.Td>{t(`measure.${each.metric}`, { defaultValue: each.metric })}</Table.Td><Table.Td>{told(each.before)}</Table.Td><Table.Td>{told(each.after)}</Table.Td>
                      <Table.Td>{each.causes.map(([why, n]) => `${t(`cause_of.${why as string}`)}${n ? ` ${n}` : ''}`).join(', ')}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Answer>
      )}
    </section>
  )
}

export function OneObjection({ number, objection }: { number: number; objection: number }) {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  const shown = useShown()
  const path = { assessment_id: number, number: objection }
  const query = useQuery({ queryKey: ['assessments', number, 'objection', objection], queryFn: () => got(api.GET('/api/assessments/{assessment_id}/objections/{number}', { params: { path } })), retry: false })
  const whole = useQuery({ queryKey: ['assessments', number], queryFn: () => got(api.GET('/api/assessments/{assessment_id}', { params: { path: { assessment_id: number } } })), retry: false })
  return (
    <>
      <PageHead title={t('objection_title', { number: `${number}.${objection}` })} trail={[{ title: t('tab.assessments'), to: '/work/assessments' }, { title: whole.data ? `${whole.data.assessment.month} ${whole.data.assessment.whose}` : String(number), to: `/work/assessments/${number}` }]} />
      <Answer of={query}>
        {(page) => (
          <div className="work-two">
            <div>
              <Stack gap="md">
                <Paper withBorder p="md" component="section">
                  <Title order={2} size="h5">{page.name}</Title>
                  <Text><Instant at_s={page.objection.a} />{' – '}<Instant at_s={page.objection.b} />{' · '}<Length length_s={page.objection.b - page.objection.a} /></Text>
                  <Text mt="xs">{page.objection.reason}<span className="dim">{` · ${actor(page.objection.author)}`}</span></Text>
                  <Text mt="xs" component="div"><RulingWord of={page.objection} /></Text>
                </Paper>
                {whole.data?.may_rule && page.objection.upheld === null && whole.data.assessment.report_id === null && <Rule number={number} objection={objection} />}
                {page.would && <EffectShown title={t('would')} of={page.would} />}
              </Stack>
            </div>
            <div>
              <Stack gap="md">
                <Paper withBorder p="md" component="section">
                  <Title order={2} size="h5">{t('our_looks')}</Title>
                  <ul className="story">
                    {page.stretches.map((each, at) => (
                      <li key={at}>{t(`lane.${each.lane}`)}{': '}<StateMark state={LANE_STATES[each.state as keyof typeof LANE_STATES]} />{' '}<Instant at_s={each.a} />{' – '}<Instant at_s={each.b} />
                        <div className="dim">{[each.reasons.map(shown).join(', '), each.probers.join(', '), each.remarks.join('; ')].filter(Boolean).join(' · ')}</div></li>
                    ))}
                  </ul>
                </Paper>
                <Paper withBorder p="md" component="section">
                  <Title order={2} size="h5">{t('neighbours')}{page.thing && <span className="dim">{` ${page.near ? t(`near.${page.near}`) : ''} ${page.thing}`}</span>}</Title>
                  {page.together.map((each, at) => <Text key={at} size="sm">{t('together', { up: each.up, down: each.down, unknown: each.unknown })}{' '}<span className="dim"><Instant at_s={each.a} />{' – '}<Instant at_s={each.b} /></span></Text>)}
                  <ul className="story">{page.neighbours.map((each) => <li key={each.point_id}><Anchor component={Link} href={`/cameras/${each.point_id}`}>{each.name}</Anchor>{': '}{t('common:state.down')}{' '}<Length length_s={each.down_s} />{', '}{t('common:state.unknown')}{' '}<Length length_s={each.unknown_s} /></li>)}</ul>
                </Paper>
                {page.tickets.length > 0 && (
                  <Paper withBorder p="md" component="section">
                    <Title order={2} size="h5">{t('common:word.tickets')}</Title>
                    <ul className="story">{page.tickets.map((each) => <li key={each.ticket_id}><Anchor component={Link} href={`/work/tickets/${each.ticket_id}`}>{`#${each.ticket_id}`}</Anchor>{` ${t(`common:cause.${each.cause}`)}: ${shown(each.what)}`}{' · '}<Instant at_s={each.opened_s} />{' – '}<Instant at_s={each.ended_s} /></li>)}</ul>
                  </Paper>
                )}
                {page.around.length > 0 && (
                  <Paper withBorder p="md" component="section">
                    <Title order={2} size="h5">{t('around')}</Title>
                    <ul className="story">{page.around.map((each) => <li key={each.plan_id}><Instant at_s={each.a} />{' – '}<Instant at_s={each.b} />{' · '}{each.reason}<span className="dim">{` · ${actor(each.author)}${each.waits ? ` · ${t('not_approved')}` : ''}`}</span></li>)}</ul>
                  </Paper>
                )}
              </Stack>
            </div>
          </div>
        )}
      </Answer>
    </>
  )
}

function EffectShown({ title, of }: { title: string; of: Record<'point_before' | 'point_after' | 'whole_before' | 'whole_after', readonly number[]> }) {
  const { t } = useTranslation(['work', 'common'])
  const share = ([up, known]: readonly number[]) => (known ? (up ?? 0) / known : null)
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2} size="h5">{title}</Title>
      <dl className="facts">
        <dt>{t('common:word.camera')}</dt><dd><Rate share={share(of.point_before)} />{' → '}<Rate share={share(of.point_after)} /></dd>
        <dt>{t('whole')}</dt><dd><Rate share={share(of.whole_before)} places={4} />{' → '}<Rate share={share(of.whole_after)} places={4} /></dd>
      </dl>
    </Paper>
  )
}

function Rule({ number, objection }: { number: number; objection: number }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const [upheld, setUpheld] = useState(true)
  const [words, setWords] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      await got(api.POST('/api/assessments/{assessment_id}/objections/{number}/ruling', { params: { path: { assessment_id: number, number: objection } }, body: { upheld, words, is_trial: false } }))
      toast({ words: t('ruled') })
      await queries.invalidateQueries({ queryKey: ['assessments'] })
    } catch (failed) {
      setError(failed)
      await queries.invalidateQueries({ queryKey: ['assessments'] })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2} size="h5">{t('rule')}</Title>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          <Checkbox label={t('uphold')} description={t('uphold_note')} checked={upheld} onChange={(event) => setUpheld(event.currentTarget.checked)} />
          <Textarea label={t('ruling_words')} required maxLength={150} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          <Group><Button type="submit" loading={busy} disabled={!words.trim()}>{upheld ? t('uphold_act') : t('reject_act')}</Button></Group>
        </Stack>
      </form>
    </Paper>
  )
}
