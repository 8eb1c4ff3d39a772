// One ticket: what is broken and for how long, its clocks, what may be done now, and all that happened to it.
import { Anchor, Button, Checkbox, Group, Modal, Paper, Select, Stack, Table, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, Problem } from '../../shell/api'
import { figure, instant, length } from '../../shell/format'
import { useKeys } from '../../shell/keys'
import { Count, Instant, Length, StateMark, useNow } from '../../shell/marks'
import { Answer, Confirm, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { useActs } from '../../shell/palette'
import type { SignName } from '../../shell/signs'
import { Clock, Square, StageMark, ticketKey, useActor, useShown, useTicketAct, useTicketName, type File, type Stage, type Step, type Ticket } from './parts'
import { DESKS, useTicketsLive } from './tickets'

const PAYERS = ['maintenance', 'warranty', 'carrier', 'power', 'third_party', 'owner'] as const
const CREW: Partial<Record<Step, Stage>> = { accept: 'accepted', arrive: 'on_site', leave: 'accepted', finish: 'done' }
const STEP_SIGNS: Partial<Record<Step, SignName>> = { accept: 'check', arrive: 'pin', leave: 'out', finish: 'wrench', assign: 'person', cancel: 'close' }
const CAMERAS_SHOWN = 12
const PAUSES_S = [4 * 3_600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400]

export function OneTicket({ number }: { number: number }) {
  const { t } = useTranslation(['work', 'common'])
  useTicketsLive()
  const query = useQuery({ queryKey: ticketKey(number), queryFn: () => got(api.GET('/api/tickets/{ticket_id}', { params: { path: { ticket_id: number } } })), retry: false })
  if (query.error instanceof Problem && query.error.status === 404) {
    return (
      <>
        <PageHead title={t('ticket.title', { number })} />
        <Empty title={t('ticket.none')} act={<Button component={Link} href="/work/tickets">{t('tab.tickets')}</Button>}>{t('ticket.none_note')}</Empty>
      </>
    )
  }
  return <Answer of={query}>{(file) => <Shown file={file} />}</Answer>
}

function Shown({ file }: { file: File }) {
  const { t } = useTranslation(['work', 'common'])
  const name = useTicketName()
  const shown = useShown()
  const { ticket } = file
  const doing = useTicketAct(ticket.ticket_id)
  return (
    <>
      <PageHead title={`#${ticket.ticket_id} ${name(ticket)}`} trail={[{ title: t('tab.tickets'), to: '/work/tickets' }]}
        lead={<Group gap="sm"><StageMark of={ticket} /><span>{shown(ticket.what)}</span><span>{t(`common:class.${ticket.klass}`)}</span>{ticket.shape && <span>{t(`shape.${ticket.shape}`)}</span>}</Group>} />
      {doing.overtaken && <Overtaken file={file} onClose={doing.calm} />}
      {doing.error !== null && !doing.overtaken && <ProblemNote error={doing.error} />}
      <Acts file={file} doing={doing} />
      <div className="work-two">
        <div>
          <Stack gap="md">
            <Part title={t('clock.title')}>
              <dl className="facts">
                <dt>{t('respond_by')}</dt>
                <dd><Clock by_s={ticket.respond_by_s} done_s={ticket.responded_s ?? ticket.recovered_s} stands={ticket.is_paused} />{' '}<span className="dim"><Instant at_s={ticket.respond_by_s} /></span></dd>
                <dt>{t('restore_by')}</dt>
                <dd><Clock by_s={ticket.restore_by_s} done_s={ticket.recovered_s ?? ticket.ended_s} stands={ticket.is_paused} />{' '}<span className="dim"><Instant at_s={ticket.restore_by_s} /></span></dd>
                <dt>{t('common:word.since')}</dt><dd><Instant at_s={ticket.onset_s} />{' '}<span className="dim"><Instant at_s={ticket.onset_s} form="ago" /></span></dd>
                <dt>{t('opened')}</dt><dd><Instant at_s={ticket.opened_s} /></dd>
                <dt>{t('common:word.desk')}</dt><dd>{t(`common:desk.${ticket.desk}`)}{ticket.contract && <>{' · '}<Anchor component={Link} href={`/work/contracts/${encodeURIComponent(ticket.contract)}`}>{ticket.contract}</Anchor></>}</dd>
                <dt>{t('payer.title')}</dt><dd>{t(`payer.${ticket.payer}`)}</dd>
                {ticket.regressions > 0 && <><dt>{t('regressions')}</dt><dd><Count of={ticket.regressions} /></dd></>}
                {ticket.escalation > 0 && <><dt>{t('escalation')}</dt><dd><Count of={ticket.escalation} /></dd></>}
              </dl>
            </Part>
            <Evidence file={file} />
            <Cameras file={file} />
            <Pauses file={file} />
          </Stack>
        </div>
        <div>
          <Stack gap="md">
            <Story file={file} />
            <Handed number={ticket.ticket_id} />
          </Stack>
        </div>
      </div>
    </>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Title order={2} size="h5" id={id} mb="xs">{title}</Title>
      {children}
    </Paper>
  )
}

function Overtaken({ file, onClose }: { file: File; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  const last = file.events.at(-1)
  return (
    <div className="overtaken" role="alert">
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={600} size="sm">{t('overtaken')}</Text>
          <Text size="sm">{t('overtaken_now', { stage: t(`common:stage.${file.ticket.stage}`), who: actor(last?.actor ?? '') })}{last && <>{' · '}<Instant at_s={last.at_s} form="second" /></>}</Text>
        </div>
        <Button size="compact-sm" variant="default" onClick={onClose}>{t('common:act.close')}</Button>
      </Group>
    </div>
  )
}

type Doing = ReturnType<typeof useTicketAct>

function Acts({ file, doing }: { file: File; doing: Doing }) {
  const { t } = useTranslation(['work', 'common'])
  const { ticket } = file
  const number = ticket.ticket_id
  const path = { ticket_id: number }
  const [open, setOpen] = useState<string | null>(null)
  const step = (which: Step, remark = '', is_sure = false) =>
    doing.act(() => got(api.POST('/api/tickets/{ticket_id}/steps', { params: { path }, body: { step: which, remark, is_sure } })), CREW[which])
  const quick = (which: Step) => void step(which).catch(() => {})
  const crew = file.steps.filter((each) => each in CREW)
  const keys: Partial<Record<Step, string>> = { accept: 'a', arrive: 'o', finish: 'd', leave: 'l' }
  const press = (which: Step) => {
    if (!file.steps.includes(which)) return
    if (which === 'finish') setOpen('finish')
    else quick(which)
  }
  useKeys([
    { key: 'a', says: 'work:keys.accept', run: () => press('accept') },
    { key: 'o', says: 'work:keys.arrive', run: () => press('arrive') },
    { key: 'd', says: 'work:keys.finish', run: () => press('finish') },
    { key: 'l', says: 'work:keys.leave', run: () => press('leave') },
    { key: 'r', says: 'work:keys.remark', run: () => { if (file.acts.includes('say')) setOpen('say') } },
    { key: 'e', says: 'work:keys.assign', run: () => { if (file.steps.includes('assign')) setOpen('assign') } },
  ])
  useActs(crew.map((which) => ({ key: which, title: t(`step.${which}`), sign: STEP_SIGNS[which] ?? 'check', run: () => press(which) })))
  const others = file.acts.filter((act) => act !== 'say' && act !== 'answer' && act !== 'approve_view')
  const close = () => setOpen(null)
  return (
    <>
      {file.view_asked && <ViewAsked file={file} doing={doing} />}
      <HandingAsked file={file} doing={doing} />
      {(crew.length > 0 || file.acts.includes('say')) && (
        <div className="work-acts crew" role="group" aria-label={t('steps')}>
          {crew.map((which, at) => (
            <Button key={which} variant={at === crew.length - 1 || which === 'accept' ? 'filled' : 'default'} aria-keyshortcuts={keys[which]} onClick={() => press(which)}>{t(`step.${which}`)}</Button>
          ))}
          {file.acts.includes('say') && <Button variant="default" aria-keyshortcuts="r" onClick={() => setOpen('say')}>{t('act.say')}</Button>}
        </div>
      )}
      <div className="work-acts" role="group" aria-label={t('acts')}>
        {file.steps.includes('assign') && <Button size="compact-md" variant="default" onClick={() => setOpen('assign')}>{t('step.assign')}</Button>}
        {others.map((act) => <Button key={act} size="compact-md" variant="default" onClick={() => setOpen(act)}>{t(`act.${act}`)}</Button>)}
        {file.steps.includes('cancel') && <Button size="compact-md" variant="default" onClick={() => setOpen('cancel')}>{t('step.cancel')}</Button>}
      </div>
      <Said opened={open === 'finish'} title={t('step.finish')} act={t('step.finish')} onClose={close} onAct={(remark, sure) => step('finish', remark, sure)}>{t('finish_note')}</Said>
      <Said opened={open === 'say'} title={t('act.say')} act={t('common:act.save')} required onClose={close}
        onAct={(remark, is_sure) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/remarks', { params: { path }, body: { remark, is_sure } })))} />
      <Said opened={open === 'cancel'} title={t('step.cancel')} act={t('step.cancel')} required danger onClose={close}
        onAct={(remark, is_sure) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/cancel', { params: { path }, body: { remark, is_sure } })))}>{t('cancel_note')}</Said>
      <Said opened={open === 'view'} title={t('act.view')} act={t('act.view')} required onClose={close}
        onAct={(remark, is_sure) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/view', { params: { path }, body: { remark, is_sure } })))}>{t('view_note')}</Said>
      <Confirm opened={open === 'resume'} title={t('act.resume')} act={t('act.resume')} onClose={close}
        onAct={() => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/resume', { params: { path } })))}>{t('resume_note')}</Confirm>
      <Pause opened={open === 'pause'} doing={doing} number={number} onClose={close} />
      <Hand opened={open === 'assign'} key={`assign-${open}`} file={file} title={t('step.assign')} note={t('assign_to_note')} onClose={close} needsDesk={false}
        onAct={(desk, because) => doing.act(async () => {
          const found = await got(api.POST('/api/tickets/assign', { body: { ticket_ids: [number], desk, because } }))
          const no = found.refused[0]
          if (no) throw new Problem(409, no.code, no.detail)
          return got(api.GET('/api/tickets/{ticket_id}', { params: { path } }))
        })} />
      <Hand opened={open === 'ask'} key={`ask-${open}`} file={file} title={t('act.ask')} note={t('ask_note')} onClose={close} needsDesk
        onAct={(desk, reason) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/ask', { params: { path }, body: { desk: desk ?? 'us', reason } })))} />
      <PayerAsked opened={open === 'payer'} now={ticket.payer} onClose={close}
        onAct={(payer, remark) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/payer', { params: { path }, body: { payer, remark } })))} />
      <Swap opened={open === 'swap'} onClose={close}
        onAct={(body) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/swap', { params: { path }, body })))} />
    </>
  )
}

/** A remark, asked about before it is kept where it seems to hold a telephone number or a number plate. */
function Said({ opened, title, act, required = false, danger = false, onAct, onClose, children }: {
  opened: boolean
  title: string
  act: string
  required?: boolean
  danger?: boolean
  onAct: (remark: string, is_sure: boolean) => Promise<unknown>
  onClose: () => void
  children?: ReactNode
}) {
  const { t } = useTranslation(['work', 'common'])
  const [remark, setRemark] = useState('')
  const [sure, setSure] = useState(false)
  const [doubts, setDoubts] = useState<string[]>([])
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      if (remark.trim() && !sure) {
        const found = await got(api.POST('/api/remarks/doubts', { body: { remark, is_sure: false } }))
        const held = [found.telephone && t('doubt.telephone'), found.numberplate && t('doubt.numberplate')].filter((each) => typeof each === 'string')
        setDoubts(held)
        if (held.length > 0) return
      }
      await onAct(remark, sure)
      setRemark('')
      setSure(false)
      setDoubts([])
      onClose()
    } catch (failed) {
      setError(failed)
      if (failed instanceof Problem && failed.code === 'conflict') onClose()
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="md">
          {children && <Text size="sm">{children}</Text>}
          <Textarea label={t('remark')} description={t('remark_note')} required={required} value={remark} maxLength={1000} autosize minRows={2} data-autofocus
            onChange={(event) => { setRemark(event.currentTarget.value); setDoubts([]); setSure(false) }}
            onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void send() } }} />
          {doubts.length > 0 && (
            <div className="overtaken" role="alert">
              <Text size="sm">{t('doubt.note', { what: doubts.join(t('doubt.and')) })}</Text>
              <Checkbox mt="xs" label={t('doubt.sure')} checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
            </div>
          )}
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>{t('common:act.back')}</Button>
            <Button type="submit" color={danger ? 'red' : undefined} loading={busy} disabled={(required && !remark.trim()) || (doubts.length > 0 && !sure)}>{act}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** A form over an act: what failed stays on it. */
function Form({ opened, title, act, ready, onAct, onClose, children }: {
  opened: boolean
  title: string
  act: string
  ready: boolean
  onAct: () => Promise<unknown>
  onClose: () => void
  children: ReactNode
}) {
  const { t } = useTranslation('common')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      await onAct()
      onClose()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="md">
          {children}
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>{t('act.back')}</Button>
            <Button type="submit" loading={busy} disabled={!ready}>{act}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Pause({ opened, number, doing, onClose }: { opened: boolean; number: number; doing: Doing; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const now_s = useNow()
  const [reason, setReason] = useState('')
  const [ahead, setAhead] = useState<string | null>(null)
  const until_s = ahead === null ? null : now_s + Number(ahead)
  return (
    <Form opened={opened} title={t('act.pause')} act={t('act.pause')} ready={reason.trim() !== ''} onClose={onClose}
      onAct={() => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/pause', { params: { path: { ticket_id: number } }, body: { reason, until_s } })))}>
      <Text size="sm">{t('pause_note')}</Text>
      <Textarea label={t('common:word.reason')} required value={reason} maxLength={1000} data-autofocus onChange={(event) => setReason(event.currentTarget.value)} />
      <Select label={t('pause_until')} value={ahead} onChange={setAhead} clearable clearButtonProps={{ 'aria-label': t('common:act.clear') }} placeholder={t('no_promise')}
        data={PAUSES_S.map((length_s) => ({ value: String(length_s), label: `${length(length_s)} (${instant(now_s + length_s)})` }))} />
    </Form>
  )
}

function Hand({ opened, file, title, note, needsDesk, onAct, onClose }: {
  opened: boolean
  file: File
  title: string
  note: string
  needsDesk: boolean
  onAct: (desk: Ticket['desk'] | null, because: string) => Promise<unknown>
  onClose: () => void
}) {
  const { t } = useTranslation(['work', 'common'])
  const [desk, setDesk] = useState<string | null>(null)
  const [because, setBecause] = useState('')
  const asked = needsDesk || desk !== null
  return (
    <Form opened={opened} title={title} act={title} ready={!asked || (desk !== null && because.trim() !== '')} onClose={onClose} onAct={() => onAct(desk as Ticket['desk'] | null, because)}>
      <Text size="sm">{note}</Text>
      <Select label={t('common:word.desk')} required={needsDesk} value={desk} onChange={setDesk} data-autofocus clearable={!needsDesk} clearButtonProps={{ 'aria-label': t('common:act.clear') }} placeholder={needsDesk ? undefined : t('assign_same')}
        data={DESKS.filter((each) => each !== file.ticket.desk).map((value) => ({ value, label: t(`common:desk.${value}`) }))} />
      {asked && <Textarea label={t('common:word.reason')} required value={because} maxLength={1000} onChange={(event) => setBecause(event.currentTarget.value)} />}
    </Form>
  )
}

function PayerAsked({ opened, now, onAct, onClose }: { opened: boolean; now: Ticket['payer']; onAct: (payer: Ticket['payer'], remark: string) => Promise<unknown>; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const [payer, setPayer] = useState<string | null>(now)
  const [remark, setRemark] = useState('')
  return (
    <Form opened={opened} title={t('act.payer')} act={t('common:act.save')} ready={payer !== null && remark.trim() !== ''} onClose={onClose} onAct={() => onAct(payer as Ticket['payer'], remark)}>
      <Select label={t('payer.title')} value={payer} allowDeselect={false} onChange={setPayer} data={PAYERS.map((value) => ({ value, label: t(`payer.${value}`) }))} />
      <Textarea label={t('common:word.reason')} required value={remark} maxLength={1000} onChange={(event) => setRemark(event.currentTarget.value)} />
    </Form>
  )
}

function Swap({ opened, onAct, onClose }: { opened: boolean; onAct: (body: { make: string; model: string; serial: string; mac: string }) => Promise<unknown>; onClose: () => void }) {
  const { t } = useTranslation('work')
  const [body, setBody] = useState({ make: '', model: '', serial: '', mac: '' })
  return (
    <Form opened={opened} title={t('act.swap')} act={t('act.swap')} ready={Object.values(body).some((each) => each.trim() !== '')} onClose={onClose} onAct={() => onAct(body)}>
      <Text size="sm">{t('swap_note')}</Text>
      {(['make', 'model', 'serial', 'mac'] as const).map((name) => (
        <TextInput key={name} label={t(`device.${name}`)} value={body[name]} maxLength={100} onChange={(event) => { const { value } = event.currentTarget; setBody((now) => ({ ...now, [name]: value })) }} />
      ))}
    </Form>
  )
}

function ViewAsked({ file, doing }: { file: File; doing: Doing }) {
  const { t } = useTranslation('work')
  const actor = useActor()
  const [asking, setAsking] = useState(false)
  const asked = file.view_asked
  if (!asked) return null
  return (
    <div className="overtaken" role="status">
      <Text fw={600} size="sm">{t('view_asked')}</Text>
      <Text size="sm">{asked.reason}{' · '}{actor(asked.by)}{' · '}<Instant at_s={asked.at_s} /></Text>
      {file.acts.includes('approve_view')
        ? <Button mt="xs" size="compact-md" onClick={() => setAsking(true)}>{t('act.approve_view')}</Button>
        : <Text size="sm" c="dimmed">{t('view_second')}</Text>}
      <Confirm opened={asking} title={t('act.approve_view')} act={t('act.approve_view')} onClose={() => setAsking(false)}
        onAct={() => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/view/approval', { params: { path: { ticket_id: file.ticket.ticket_id } } })))}>{t('view_approve_note')}</Confirm>
    </div>
  )
}

function HandingAsked({ file, doing }: { file: File; doing: Doing }) {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  const [answer, setAnswer] = useState<boolean | null>(null)
  const open = file.handings.find((each) => each.answer === null)
  if (!open) return null
  const desk = t(`common:desk.${open.to_desk}`)
  return (
    <div className="overtaken" role="status">
      <Text fw={600} size="sm">{t('asked', { desk })}</Text>
      <Text size="sm">{open.reason}{' · '}{actor(open.asked_by)}{' · '}<Clock by_s={open.answer_by_s} done_s={null} /></Text>
      {file.acts.includes('answer') && (
        <Group gap="xs" mt="xs">
          <Button size="compact-md" onClick={() => setAnswer(true)}>{t('taken', { desk })}</Button>
          <Button size="compact-md" variant="default" onClick={() => setAnswer(false)}>{t('refuse', { desk })}</Button>
        </Group>
      )}
      <Said opened={answer !== null} title={answer ? t('taken', { desk }) : t('refuse', { desk })} act={answer ? t('taken', { desk }) : t('refuse', { desk })} onClose={() => setAnswer(null)}
        onAct={(remark) => doing.act(() => got(api.POST('/api/tickets/{ticket_id}/answer', { params: { path: { ticket_id: file.ticket.ticket_id } }, body: { is_taken: answer === true, remark } })))} />
    </div>
  )
}

function Evidence({ file }: { file: File }) {
  const { t } = useTranslation(['work', 'common'])
  const shown = useShown()
  if (file.faults.length === 0 && file.seen.length === 0) return null
  return (
    <Part title={t('common:word.evidence')}>
      {file.seen.length > 0 && (
        <ul className="story">
          {file.seen.map((each) => (
            <li key={each.lane}>
              {t(`lane.${each.lane}`)}{': '}
              <StateMark state={each.is_up ? 'up' : 'down'} />{' '}
              <span className="dim"><Instant at_s={each.from_s} />{' – '}<Instant at_s={each.to_s} /></span>
            </li>
          ))}
        </ul>
      )}
      {file.faults.length > 0 && (
        <ul className="story">
          {file.faults.slice(0, CAMERAS_SHOWN).map((each) => (
            <li key={`${each.point_id}-${each.kind}`}>
              {shown(each.kind)}{' · '}{t(`common:severity.${each.severity}`, { defaultValue: each.severity })}{' · '}
              <span className="figure">{t('measured', { figure: figure(each.figure, 3), limit: figure(each.limit, 3) })}</span>
              <div className="dim">{each.compared_with}{' · '}<Instant at_s={each.since_s} form="ago" /></div>
            </li>
          ))}
        </ul>
      )}
    </Part>
  )
}

function Cameras({ file }: { file: File }) {
  const { t } = useTranslation(['work', 'common'])
  const shown = useShown()
  const [all, setAll] = useState(false)
  const rows = all ? file.cameras : file.cameras.slice(0, CAMERAS_SHOWN)
  return (
    <Part title={t('cameras_behind', { count: file.ticket.cameras })}>
      <Wide label={t('cameras_behind', { count: file.ticket.cameras })}>
        <Table>
          <Table.Thead><Table.Tr><Table.Th>{t('common:word.camera')}</Table.Th><Table.Th>{t('shows')}</Table.Th><Table.Th>{t('common:word.since')}</Table.Th><Table.Th>{t('well_since')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {rows.map((each) => (
              <Table.Tr key={each.point_id}>
                <Table.Td><Anchor component={Link} href={`/cameras/${each.point_id}`}>{each.name}</Anchor><div className="dim">{[each.unit, each.address].filter(Boolean).join(' · ')}</div></Table.Td>
                <Table.Td>{shown(each.what)}</Table.Td>
                <Table.Td><Instant at_s={each.onset_s} form="ago" /></Table.Td>
                <Table.Td>{each.left_s !== null ? t('left') : <Instant at_s={each.well_s} />}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {!all && file.cameras.length > CAMERAS_SHOWN && <Button mt="xs" size="compact-sm" variant="default" onClick={() => setAll(true)}>{t('common:act.show_all')}</Button>}
    </Part>
  )
}

function Pauses({ file }: { file: File }) {
  const { t } = useTranslation('work')
  const actor = useActor()
  if (file.pauses.length === 0) return null
  return (
    <Part title={t('pauses')}>
      <ul className="story">
        {file.pauses.map((each) => (
          <li key={each.from_s}>
            <Instant at_s={each.from_s} />{' – '}{each.to_s === null ? t('stands_still') : <Instant at_s={each.to_s} />}{' · '}
            {each.to_s !== null && <Length length_s={each.to_s - each.from_s} />}
            <div className="dim">{each.reason}{' · '}{actor(each.actor)}</div>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Story({ file }: { file: File }) {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  return (
    <Part title={t('story')}>
      <ol className="story">
        {[...file.events].reverse().map((each, at) => (
          <li key={`${each.at_s}-${at}`}>
            <strong>{t(`event.${each.act}`, { defaultValue: each.act })}</strong>{' · '}{actor(each.actor)}{' · '}
            <span className="dim"><Instant at_s={each.at_s} /></span>
            {each.act === 'handed' && <div className="dim">{t('handed_on', { from: t(`common:desk.${String(each.detail.from)}`), to: t(`common:desk.${String(each.detail.to)}`) })}</div>}
            {each.remark && <p className="said">{each.remark}</p>}
          </li>
        ))}
      </ol>
    </Part>
  )
}

/** The QR code of this page: for the telephone of whoever goes there. */
function Handed({ number }: { number: number }) {
  const { t } = useTranslation('work')
  const [is_wanted, setWanted] = useState(false)
  const query = useQuery({ queryKey: ['square', number], enabled: is_wanted, queryFn: () => got(api.GET('/api/tickets/{ticket_id}/square', { params: { path: { ticket_id: number } } })) })
  return (
    <div>
      <Button size="compact-md" variant="default" aria-expanded={is_wanted} onClick={() => setWanted((now) => !now)}>{t('square')}</Button>
      {is_wanted && query.data && <div><Square rows={query.data} label={t('square_label', { number })} /></div>}
    </div>
  )
}
