// The shift handed over: what was opened, closed, is overdue and was promised; two names under it.
import { Anchor, Button, Checkbox, Group, Modal, Paper, Select, Stack, Table, Text, Textarea, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count } from '../../shell/format'
import { Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, PageHead, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { DayWord, useActor, useShown } from './parts'
import { isProved, NO_PROOFS, SecondPerson } from './second'

type Told = Schemas['HandoverShown']
type Work = Told['shift']['opened'][number]
const LISTS = ['opened', 'failed_again', 'overdue', 'repaired', 'by_itself', 'cancelled'] as const
const PAUSES = ['ending', 'promised', 'unpromised'] as const

export function Shift() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const [url, setUrl] = useUrlState({ unit: me.sees_all ? '' : (me.units[0]?.path ?? '') })
  const [signing, setSigning] = useState(false)
  const query = useQuery({ queryKey: ['shift', 'now', url.unit], queryFn: () => got(api.POST('/api/handovers/now', { body: { unit: url.unit, notes: [], is_sure: false } })), retry: false })
  const units = [...(me.sees_all ? [{ value: '', label: t('shift.all') }] : []), ...me.units.map((one) => ({ value: one.path, label: one.path }))]
  return (
    <>
      <PageHead title={t('shift.title')} lead={t('shift.lead')} acts={query.data && <Button onClick={() => setSigning(true)}>{t('shift.sign')}</Button>} />
      {units.length > 1 && <Select size="xs" maw={320} label={t('common:word.unit')} value={url.unit} allowDeselect={false} onChange={(unit) => setUrl({ unit: unit ?? '' })} data={units} />}
      <Answer of={query}>{(found) => <ShiftShown found={found} />}</Answer>
      <Before />
      <Sign opened={signing} unit={url.unit} onClose={() => setSigning(false)} />
    </>
  )
}

export function OneShift({ number }: { number: number }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const query = useQuery({ queryKey: ['shift', number], queryFn: () => got(api.GET('/api/handovers/{number}', { params: { path: { number } } })), retry: false })
  return (
    <>
      <PageHead title={t('shift.number', { number })} trail={[{ title: t('tab.shift'), to: '/work/shift' }]}
        acts={<><Button component="a" href={`/api/handovers/${number}/sheet.pdf?language=${i18n.language}`} download variant="default">{t('pdf')}</Button><Button component="a" href={`/api/handovers/${number}/sheet.xlsx?language=${i18n.language}`} download variant="default">{t('xlsx')}</Button></>} />
      <Answer of={query}>{(found) => <ShiftShown found={found} />}</Answer>
    </>
  )
}

function ShiftShown({ found }: { found: Told }) {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  const { shift } = found
  return (
    <Stack gap="md">
      <Text>
        <Instant at_s={shift.from_s} />{' – '}<Instant at_s={shift.to_s} />{' · '}{t('shift.open', { count: shift.still_open, told: count(shift.still_open) })}
        {shift.storm_since_s !== null && <>{' · '}{t('storm.on')}</>}
      </Text>
      {found.signed_s !== null && <Text>{t('shift.signed', { giver: actor(found.giver), taker: actor(found.taker) })}{' '}<Instant at_s={found.signed_s} />{' · '}<span className="dim">{found.sha256.slice(0, 16)}</span></Text>}
      {LISTS.map((name) => <Works key={name} title={t(`shift.${name}`)} total={shift.counts[name] ?? shift[name].length} rows={shift[name]} />)}
      {PAUSES.map((name) => (
        <List key={name} title={t(`shift.${name}`)} total={shift.counts[name] ?? shift[name].length}>
          {shift[name].map((each) => <li key={each.work.ticket_id}><Line of={each.work} />{': '}{each.reason}{each.until_s !== null && <>{' – '}<Instant at_s={each.until_s} /></>}</li>)}
        </List>
      ))}
      <List title={t('shift.questions')} total={shift.questions.length}>
        {shift.questions.map((each) => <li key={each.work.ticket_id}><Line of={each.work} />{': '}{t('handed_on', { from: t(`common:desk.${each.from_desk}`), to: t(`common:desk.${each.to_desk}`) })}{' · '}{each.reason}</li>)}
      </List>
      <List title={t('shift.owed')} total={shift.owed.length}>
        {shift.owed.map((each, at) => <li key={at}><DayWord of={each.day} />{' · '}{each.unit}{' · '}{t('cameras_many', { count: each.cameras })}</li>)}
      </List>
      {(shift.notes ?? []).length > 0 && <List title={t('shift.notes')} total={(shift.notes ?? []).length}>{(shift.notes ?? []).map((each, at) => <li key={at}>{each}</li>)}</List>}
    </Stack>
  )
}

function List({ title, total, children }: { title: string; total: number; children: ReactNode }) {
  if (total === 0) return null
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2} size="h5">{title}{' '}<span className="dim figure">{count(total)}</span></Title>
      <ul>{children}</ul>
    </Paper>
  )
}

function Works({ title, total, rows }: { title: string; total: number; rows: Work[] }) {
  return <List title={title} total={total}>{rows.map((each) => <li key={each.ticket_id}><Line of={each} /></li>)}</List>
}

function Line({ of }: { of: Work }) {
  const { t } = useTranslation(['work', 'common'])
  const shown = useShown()
  const title = of.kind === 'camera' ? of.name : `${t(`common:cause.${of.kind}`)} ${of.name}`
  return <><Anchor component={Link} href={`/work/tickets/${of.ticket_id}`}>{`#${of.ticket_id} ${title}`}</Anchor>{' '}<span className="dim">{shown(of.what)}{of.cameras > 1 && ` · ${t('cameras_many', { count: of.cameras })}`}</span></>
}

function Before() {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  const query = useQuery({ queryKey: ['shift', 'list'], queryFn: () => got(api.GET('/api/handovers')) })
  if (!query.data || query.data.length === 0) return null
  return (
    <section aria-labelledby="before-title">
      <Title order={2} size="h5" id="before-title">{t('shift.before')}</Title>
      <Wide label={t('shift.before')}>
        <Table>
          <Table.Thead><Table.Tr><Table.Th>{t('shift.which')}</Table.Th><Table.Th>{t('common:word.unit')}</Table.Th><Table.Th>{t('shift.giver')}</Table.Th><Table.Th>{t('shift.taker')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {query.data.map((each) => (
              <Table.Tr key={each.number}>
                <Table.Td><Anchor component={Link} href={`/work/shift/${each.number}`}><Instant at_s={each.from_s} />{' – '}<Instant at_s={each.to_s} /></Anchor></Table.Td>
                <Table.Td>{each.unit || t('shift.all')}</Table.Td><Table.Td>{actor(each.giver)}</Table.Td><Table.Td>{actor(each.taker)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </section>
  )
}

function Sign({ opened, unit, onClose }: { opened: boolean; unit: string; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [notes, setNotes] = useState('')
  const [sure, setSure] = useState(false)
  const [taker, setTaker] = useState(NO_PROOFS)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      const done = await got(api.POST('/api/handovers', { body: { unit, notes: notes.split('\n').map((each) => each.trim()).filter(Boolean), is_sure: sure, taker } }))
      await queries.invalidateQueries({ queryKey: ['shift'] })
      toast({ words: t('shift.done') })
      onClose()
      go(`/work/shift/${done.number}`)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
      setTaker((now) => ({ ...now, password: '', code: '' }))
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('shift.sign')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="md">
          <Textarea label={t('shift.notes')} description={t('shift.notes_note')} value={notes} autosize minRows={2} maxLength={4000} onChange={(event) => setNotes(event.currentTarget.value)} />
          <Checkbox label={t('doubt.sure')} checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
          <SecondPerson title={t('shift.taker')} note={t('shift.taker_note')} proofs={taker} set={setTaker} />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" loading={busy} disabled={!isProved(taker)}>{t('shift.sign')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
