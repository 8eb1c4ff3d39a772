// A crew's day: my stops today with their codes, plans made and dropped, the sheet to print and the one that comes back.
import { Anchor, Button, Checkbox, Group, Modal, NumberInput, Select, Stack, Table, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { api, got, Problem, upload, type Schemas } from '../../shell/api'
import { figure, length } from '../../shell/format'
import { Instant, useNow } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Confirm, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { DayWord, Square, useShown } from './parts'
import { DESKS, useTicketsLive } from './tickets'

type Plan = Schemas['PlanShown']
type Stop = Schemas['Stop']
type Done = Schemas['StopFinished']
const PERMITS = ['none', 'lane', 'possession'] as const
const DAY_S = 86_400

export function Today() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  useTicketsLive()
  const query = useQuery({ queryKey: ['plans', 'today'], queryFn: () => got(api.GET('/api/plans/today')) })
  return (
    <>
      <PageHead title={t('today.title')} lead={t('today.lead')} acts={<CodeButton />} />
      <Answer of={query}>
        {(plans) => plans.length === 0
          ? <Empty title={t('today.none')} act={<><Button component={Link} href="/work/tickets">{t('tab.tickets')}</Button>{me.may('dispatch') && <Button component={Link} href="/work/plans?make=1" variant="default">{t('plans.make')}</Button>}</>}>{t('today.none_note')}</Empty>
          : <Stack gap="lg">{plans.map((plan) => <Stops key={plan.plan_id} plan={plan} />)}</Stack>}
      </Answer>
    </>
  )
}

export function Plans() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const [url, setUrl] = useUrlState({ make: false })
  const query = useQuery({ queryKey: ['plans', 'list'], queryFn: () => got(api.GET('/api/plans')) })
  const may = me.may('dispatch')
  return (
    <>
      <PageHead title={t('plans.title')} lead={t('plans.lead')} acts={<>{me.may('repair') && <ReadBack />}{may && <Button onClick={() => setUrl({ make: true })}>{t('plans.make')}</Button>}</>} />
      <Answer of={query}>
        {(plans) => plans.length === 0
          ? <Empty title={t('plans.none')} act={may && <Button onClick={() => setUrl({ make: true })}>{t('plans.make')}</Button>}>{t('plans.none_note')}</Empty>
          : (
            <Wide label={t('plans.title')}>
              <Table>
                <Table.Thead><Table.Tr><Table.Th>{t('plan')}</Table.Th><Table.Th>{t('day')}</Table.Th><Table.Th>{t('crew')}</Table.Th><Table.Th>{t('stops')}</Table.Th><Table.Th>{t('plan_state')}</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {plans.map((plan) => (
                    <Table.Tr key={plan.plan_id}>
                      <Table.Td><Anchor component={Link} href={`/work/plans/${plan.plan_id}`}>{t('plan_number', { number: plan.plan_id })}</Anchor></Table.Td>
                      <Table.Td><DayWord of={plan.day} /></Table.Td>
                      <Table.Td>{plan.contract || t(`common:desk.${plan.desk}`)}</Table.Td>
                      <Table.Td>{t('stops_done', { done: plan.done, count: plan.stops })}</Table.Td>
                      <Table.Td>{plan.dropped_s !== null ? t('dropped') : plan.done === plan.stops ? t('all_done') : t('under_way')}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
      </Answer>
      {may && <Make opened={url.make} onClose={() => setUrl({ make: false })} />}
    </>
  )
}

function Make({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const me = useMe()
  const [, go] = useLocation()
  const contracts = useQuery({ queryKey: ['contracts'], enabled: opened, queryFn: () => got(api.GET('/api/contracts')) })
  const [contract, setContract] = useState<string | null>(null)
  const [desk, setDesk] = useState<string | null>('contractor')
  const [ahead, setAhead] = useState('0')
  const [permit, setPermit] = useState<string | null>('none')
  const [night, setNight] = useState(false)
  const [height, setHeight] = useState<string | number>('')
  const [hours, setHours] = useState<string | number>(8)
  const [street, setStreet] = useState('')
  const [district, setDistrict] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const now_s = useNow()
  // the local day of the installation's zone, since 1970-01-01
  const today = Math.floor(Date.parse(`${new Intl.DateTimeFormat('en-CA', { timeZone: me.tz }).format(now_s * 1000)}T00:00:00Z`) / 1000 / DAY_S)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      const made = await got(api.POST('/api/plans', { body: {
        day: today + Number(ahead), contract: contract ?? '', desk: (desk ?? 'contractor') as 'us', permit: permit as 'none', night, district, street,
        height_m_max: height === '' ? null : Number(height), minutes: Math.round(Number(hours) * 60), stops_min: 1, stops_max: 18,
      } }))
      await queries.invalidateQueries({ queryKey: ['plans'] })
      queries.setQueryData(['plans', 'left', made.plan.plan_id], made.left_out)
      onClose()
      go(`/work/plans/${made.plan.plan_id}`)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('plans.make')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          <Select label={t('common:word.contract')} value={contract} onChange={setContract} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }} placeholder={t('no_contract')} data={(contracts.data ?? []).map((one) => one.name)} />
          {contract === null && <Select label={t('common:word.desk')} value={desk} allowDeselect={false} onChange={setDesk} data={DESKS.map((value) => ({ value, label: t(`common:desk.${value}`) }))} />}
          <Select label={t('day')} value={ahead} allowDeselect={false} onChange={(value) => setAhead(value ?? '0')} data={[0, 1, 2, 3, 4, 5, 6].map((n) => ({ value: String(n), label: t('ahead', { count: n }) }))} />
          <Select label={t('permit.title')} value={permit} allowDeselect={false} onChange={setPermit} data={PERMITS.map((value) => ({ value, label: t(`permit.${value}`) }))} />
          <NumberInput label={t('height_max')} value={height} onChange={setHeight} min={1} max={100} suffix=" m" hideControls />
          <NumberInput label={t('hours')} value={hours} onChange={setHours} min={1} max={16} hideControls />
          <TextInput label={t('district')} value={district} maxLength={200} onChange={(event) => setDistrict(event.currentTarget.value)} />
          <TextInput label={t('street')} value={street} maxLength={200} onChange={(event) => setStreet(event.currentTarget.value)} />
          <Checkbox label={t('night')} checked={night} onChange={(event) => setNight(event.currentTarget.checked)} />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" loading={busy}>{t('plans.make')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

export function OnePlan({ number }: { number: number }) {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const shown = useShown()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [dropping, setDropping] = useState(false)
  const query = useQuery({ queryKey: ['plans', number], queryFn: () => got(api.GET('/api/plans/{plan_id}', { params: { path: { plan_id: number } } })), retry: false })
  const left = queries.getQueryData<Schemas['LeftOutRow'][]>(['plans', 'left', number]) ?? []
  return (
    <>
      <PageHead title={t('plan_number', { number })} trail={[{ title: t('tab.plans'), to: '/work/plans' }]} acts={<><CodeButton />{me.may('dispatch') && query.data?.dropped_s === null && <Button variant="default" onClick={() => setDropping(true)}>{t('plans.drop')}</Button>}</>} />
      <Answer of={query}>{(plan) => <Stops plan={plan} />}</Answer>
      {left.length > 0 && (
        <details>
          <summary>{t('left_out', { count: left.length })}</summary>
          <ul>{left.map((each, at) => <li key={at}>{each.name}{': '}{shown(each.what)}{' – '}{t(`why_left.${each.reason.replaceAll(' ', '_')}`)}</li>)}</ul>
        </details>
      )}
      <Confirm opened={dropping} title={t('plans.drop')} act={t('plans.drop')} danger onClose={() => setDropping(false)}
        onAct={async () => { await api.DELETE('/api/plans/{plan_id}', { params: { path: { plan_id: number } } }); await queries.invalidateQueries({ queryKey: ['plans'] }); go('/work/plans') }}>{t('plans.drop_note')}</Confirm>
    </>
  )
}

function Stops({ plan }: { plan: Plan }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const done = plan.stops.filter((stop) => stop.done_s !== null).length
  const load = new Map<string, number>()
  for (const stop of plan.stops) for (const part of stop.parts) {
    const key = [t(`part.${part.kind}`), part.model].filter(Boolean).join(' ')
    load.set(key, (load.get(key) ?? 0) + part.count)
  }
  const sheet = (kind: string) => `/api/plans/${plan.plan_id}/sheet.${kind}?language=${i18n.language}`
  return (
    <section aria-label={t('plan_number', { number: plan.plan_id })}>
      <Group justify="space-between" mb="xs">
        <Text>
          <DayWord of={plan.day} />{' · '}{plan.contract || t(`common:desk.${plan.desk}`)}{' · '}{t('stops_done', { done, count: plan.stops.length })}{' · '}{t('km', { km: figure(plan.length_m / 1000, 1) })}{' · '}{length(plan.minutes * 60)}
          {plan.is_night && ` · ${t('night')}`}
        </Text>
        {plan.dropped_s === null ? (
          <Group gap="xs">
            <Button component="a" href={sheet('pdf')} download variant="default" size="compact-md">{t('sheet_pdf')}</Button>
            <Button component="a" href={sheet('xlsx')} download variant="default" size="compact-md">{t('sheet_xlsx')}</Button>
          </Group>
        ) : <Text fw={600}>{t('dropped')}</Text>}
      </Group>
      {load.size > 0 && <Text size="sm" mb="sm"><strong>{t('load')}</strong>{' '}{[...load].map(([what, n]) => `${what} × ${n}`).join(', ')}</Text>}
      <Stack gap="sm">{plan.stops.map((stop) => <OneStop key={stop.number} stop={stop} />)}</Stack>
    </section>
  )
}

function OneStop({ stop }: { stop: Stop }) {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const shown = useShown()
  const [finishing, setFinishing] = useState(false)
  const [is_open, setOpen] = useState(false)
  return (
    <article className="stop" data-done={stop.done_s !== null || undefined}>
      <h3><span className="stop-number">{stop.number}</span>{stop.name}</h3>
      <Text size="sm" c="dimmed">{[stop.address, `${stop.lat.toFixed(6)}, ${stop.lon.toFixed(6)}`].filter(Boolean).join(' · ')}</Text>
      <ul>
        {stop.tasks.map((task, at) => (
          <li key={at}>
            {task.ticket_id !== null
              ? <Anchor component={Link} href={`/work/tickets/${task.ticket_id}`}>{`#${task.ticket_id} ${task.cause === 'camera' || !task.cause ? task.name : `${t(`common:cause.${task.cause}`)} ${task.thing}`}`}</Anchor>
              : t('clean', { name: task.name })}
            {': '}{shown(task.what)}{task.cameras > 1 && ` · ${t('cameras_many', { count: task.cameras })}`}
          </li>
        ))}
      </ul>
      <Text size="sm">
        {[stop.height_m !== null && t('height', { height: figure(stop.height_m, 1) }), stop.permit && t(`permit.${stop.permit}`), stop.night_only && t('night_only'), stop.parts.length > 0 && stop.parts.map((part) => [t(`part.${part.kind}`), part.model].filter(Boolean).join(' ')).join(', ')].filter(Boolean).join(' · ')}
      </Text>
      {stop.done_s !== null
        ? <Text size="sm" fw={600} className="word-passed">{t('done_at')}{' '}<Instant at_s={stop.done_s} />{stop.words && ` · ${stop.words}`}</Text>
        : stop.code && (
          <Group gap="xs" mt="xs">
            {me.may('repair') && <Button onClick={() => setFinishing(true)}>{t('stop_done')}</Button>}
            <Button variant="default" aria-expanded={is_open} onClick={() => setOpen((now) => !now)}>{t('code')}</Button>
            {is_open && <div><Text ff="monospace" fz="lg" fw={600}>{stop.code}</Text><Square rows={stop.square} label={t('code_label', { code: stop.code })} /></div>}
          </Group>
        )}
      <Finish opened={finishing} code={stop.code} onClose={() => setFinishing(false)} />
    </article>
  )
}

/** Typing a code that was read out, or scanned into the field by a reader. */
function CodeButton() {
  const { t } = useTranslation('work')
  const me = useMe()
  const [opened, setOpened] = useState(false)
  if (!me.may('repair')) return null
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>{t('type_code')}</Button>
      <Finish opened={opened} code="" onClose={() => setOpened(false)} />
    </>
  )
}

function Finish({ opened, code, onClose }: { opened: boolean; code: string; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const [typed, setTyped] = useState('')
  const [words, setWords] = useState('')
  const [parts, setParts] = useState('')
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const asks = error instanceof Problem && error.field === 'words'
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      const done = await got<Done>(api.POST('/api/stops/done', { body: { code: code || typed, words, parts_used: parts.split(/[,，;；]/).map((each) => each.trim()).filter(Boolean), is_sure: sure } }))
      await Promise.all([queries.invalidateQueries({ queryKey: ['plans'] }), queries.invalidateQueries({ queryKey: ['tickets'] })])
      toast({ words: t('stop_finished', { number: done.number, name: done.name }) })
      setTyped('')
      setWords('')
      setParts('')
      onClose()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('stop_done')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          {!code && <TextInput label={t('code')} description={t('code_note')} required value={typed} autoComplete="off" maxLength={60} data-autofocus onChange={(event) => setTyped(event.currentTarget.value)} />}
          <Textarea label={t('remark')} description={t('remark_note')} value={words} maxLength={500} onChange={(event) => { setWords(event.currentTarget.value); setSure(false) }} />
          <TextInput label={t('parts_used')} description={t('parts_used_note')} value={parts} maxLength={300} onChange={(event) => setParts(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          {asks && <Checkbox label={t('doubt.sure')} checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />}
          <Group justify="flex-end"><Button type="submit" loading={busy} disabled={!code && !typed.trim()}>{t('stop_done')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** The filled workbook that comes back. */
function ReadBack() {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const [opened, setOpened] = useState(false)
  const [file, setFile] = useState<globalThis.File | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [done, setDone] = useState<Schemas['ReadBack'] | null>(null)
  const send = async () => {
    if (!file) return
    setError(null)
    setDone(null)
    try {
      setDone(await upload<Schemas['ReadBack']>('/api/plans/results', file))
      await queries.invalidateQueries({ queryKey: ['plans'] })
    } catch (failed) {
      setError(failed)
    }
  }
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>{t('read_back')}</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t('read_back')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
        <form onSubmit={(event) => { event.preventDefault(); void send() }}>
          <Stack gap="sm">
            <Text size="sm">{t('read_back_note')}</Text>
            <label>
              <Text size="sm" fw={500}>{t('read_back_file')}</Text>
              <input type="file" accept=".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
            </label>
            {done && <Text role="status" size="sm">{t('read_back_done', { count: done.finished, before: done.before, undone: done.undone })}</Text>}
            {error !== null && <ProblemNote error={error} />}
            <Group justify="flex-end"><Button type="submit" disabled={!file}>{t('read_back')}</Button></Group>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
