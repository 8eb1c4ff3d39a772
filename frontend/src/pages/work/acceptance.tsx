// Acceptance of a batch of new cameras: watched, measured, answered, signed by two. Untested never reads as passed.
import { Anchor, Button, Group, Modal, Paper, Select, Stack, Table, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count } from '../../shell/format'
import { Instant, useNow } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Confirm, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { DataTable, type Column } from '../../shell/table'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { Clock, useActor } from './parts'
import { isProved, NO_PROOFS, SecondPerson } from './second'

type Batch = Schemas['BatchRow']
type Shown = Schemas['BatchShown']
type Point = Shown['points'][number]
type Check = Point['answers'][number]
const WORDS = ['passed', 'failed', 'untested'] as const
const SIGNS = { passed: 'check', failed: 'down', untested: 'unknown' } as const
const BY_PERSON = new Set(['resolution', 'codec', 'bitrate', 'gop', 'clock', 'district', 'sign', 'recording'])
const TENDER = 'hours = 72\nonline = 95\npicture = 95\nwarranty_months = 36\n'

function Mark({ word }: { word: (typeof WORDS)[number] }) {
  const { t } = useTranslation('work')
  return <span className={`clock word-${word}`}><Sign name={SIGNS[word]} />{t(`word.${word}`)}</span>
}

export function Acceptance() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const [url, setUrl] = useUrlState({ begin: false })
  const list = useQuery({ queryKey: ['acceptance'], queryFn: () => got(api.GET('/api/acceptance')) })
  const may = me.may('contract')
  const columns: Column<Batch>[] = [
    { key: 'name', title: t('batch'), narrow: true, cell: (row) => row.name },
    { key: 'state', title: t('common:word.state'), width: 170, narrow: true, cell: (row) => (row.end ? t(`batch_end.${row.end}`) : <Clock by_s={row.ready_s} done_s={null} stands />) },
    { key: 'points', title: t('common:word.cameras'), width: 100, align: 'right', cell: (row) => count(row.points) },
    { key: 'began', title: t('began'), width: 160, cell: (row) => <Instant at_s={row.began_s} /> },
    { key: 'document', title: t('document'), width: 160, cell: (row) => row.document },
  ]
  return (
    <>
      <PageHead title={t('acceptance.title')} lead={t('acceptance.lead')} acts={may && <Button onClick={() => setUrl({ begin: true })}>{t('acceptance.begin')}</Button>} />
      <DataTable name="acceptance" asked="/api/acceptance" label={t('acceptance.title')} columns={columns} rows={list.data ?? []} total={list.data?.length ?? null} isLoading={list.isPending} error={list.data ? null : list.error} retry={() => void list.refetch()}
        rowKey={(row) => row.batch_id} rowTo={(row) => `/work/acceptance/${encodeURIComponent(row.name)}`}
        empty={<Empty title={t('acceptance.none')} act={may && <Button onClick={() => setUrl({ begin: true })}>{t('acceptance.begin')}</Button>}>{t('acceptance.none_note')}</Empty>} />
      {may && <Begin opened={url.begin} onClose={() => setUrl({ begin: false })} />}
    </>
  )
}

function Begin({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(['work', 'common'])
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [name, setName] = useState('')
  const [document, setDocument] = useState('')
  const [codes, setCodes] = useState('')
  const [unit, setUnit] = useState('')
  const [tender, setTender] = useState(TENDER)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      await got(api.POST('/api/acceptance', { body: { name: name.trim(), document: document.trim(), tender, codes: codes.split(/\s+/).filter(Boolean), unit: unit.trim(), districts: '' } }))
      await queries.invalidateQueries({ queryKey: ['acceptance'] })
      go(`/work/acceptance/${encodeURIComponent(name.trim())}`)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('acceptance.begin')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          <TextInput label={t('batch')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
          <TextInput label={t('document')} required maxLength={200} value={document} onChange={(event) => setDocument(event.currentTarget.value)} />
          <Textarea label={t('codes')} description={t('codes_note')} autosize minRows={2} maxRows={8} value={codes} onChange={(event) => setCodes(event.currentTarget.value)} />
          <TextInput label={t('common:word.unit')} description={t('unit_note')} value={unit} maxLength={1000} onChange={(event) => setUnit(event.currentTarget.value)} />
          <Textarea label={t('tender')} description={t('tender_note')} required autosize minRows={4} maxRows={12} ff="monospace" value={tender} onChange={(event) => setTender(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" loading={busy} disabled={!name.trim() || !document.trim() || (!codes.trim() && !unit.trim())}>{t('acceptance.begin')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

export function OneBatch({ name }: { name: string }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const me = useMe()
  const actor = useActor()
  const queries = useQueryClient()
  const now_s = useNow()
  const key = ['acceptance', name]
  const query = useQuery({ queryKey: key, queryFn: () => got(api.GET('/api/acceptance/{name}', { params: { path: { name } } })), retry: false })
  const [word, setWord] = useState<string | null>(null)
  const [asked, setAsked] = useState<{ point: Point; check: Check } | null>(null)
  const [dropping, setDropping] = useState(false)
  const [signing, setSigning] = useState(false)
  const found = query.data
  const is_open = found !== undefined && found.batch.end === ''
  const may = me.may('contract') && is_open
  const put = (next: Shown) => { queries.setQueryData(key, next); void queries.invalidateQueries({ queryKey: ['acceptance'], exact: true }) }
  const file = (kind: string) => `/api/acceptance/${encodeURIComponent(name)}/sheet.${kind}?language=${i18n.language}`
  return (
    <>
      <PageHead title={name} trail={[{ title: t('tab.acceptance'), to: '/work/acceptance' }]} acts={(
        <>
          {me.may('contract') && found && found.batch.end !== 'dropped' && ['pdf', 'xlsx'].map((kind) => <Button key={kind} component="a" href={file(kind)} download variant="default">{t(kind)}</Button>)}
          {may && <Button variant="default" onClick={() => setDropping(true)}>{t('acceptance.drop')}</Button>}
          {may && <Button onClick={() => setSigning(true)}>{t('acceptance.sign')}</Button>}
        </>
      )} />
      <Answer of={query}>
        {(batch) => (
          <Stack gap="md">
            <Paper withBorder p="md">
              <Group gap="lg">
                {batch.word && <Text fw={600} component="div"><Mark word={batch.word} /></Text>}
                {WORDS.map((each) => <Button key={each} size="compact-md" variant={word === each ? 'filled' : 'default'} aria-pressed={word === each} onClick={() => setWord(word === each ? null : each)}>{t(`word.${each}`)}{': '}{count(batch.counts[each] ?? 0)}</Button>)}
              </Group>
              <Text size="sm" mt="xs">
                {t('began')}{': '}<Instant at_s={batch.batch.began_s} />{' · '}
                {batch.batch.end === 'signed' ? <>{t('signed_by', { one: actor(batch.signed_by), other: actor(batch.signed_with) })}{' '}<Instant at_s={batch.signed_s} /></>
                  : batch.batch.end === 'dropped' ? t('batch_end.dropped')
                    : now_s < batch.batch.ready_s ? <>{t('watched_until')}{' '}<Instant at_s={batch.batch.ready_s} /></> : t('watched')}
              </Text>
              {is_open && <Text size="sm" c="dimmed">{t('untested_note')}</Text>}
            </Paper>
            {batch.points.filter((point) => word === null || point.word === word).map((point) => (
              <PointSheet key={point.point_id} point={point} ask={may ? (check) => setAsked({ point, check }) : null} />
            ))}
          </Stack>
        )}
      </Answer>
      {asked && <Say name={name} asked={asked} onClose={() => setAsked(null)} onDone={put} />}
      <Confirm opened={dropping} title={t('acceptance.drop')} act={t('acceptance.drop')} danger reason onClose={() => setDropping(false)}
        onAct={async (because) => { await api.POST('/api/acceptance/{name}/drop', { params: { path: { name } }, body: { because } }); await queries.invalidateQueries({ queryKey: ['acceptance'] }) }}>{t('acceptance.drop_note')}</Confirm>
      {found && <SignBatch opened={signing} batch={found} onClose={() => setSigning(false)} onDone={put} />}
    </>
  )
}

function PointSheet({ point, ask }: { point: Point; ask: ((check: Check) => void) | null }) {
  const { t } = useTranslation(['work', 'common'])
  const actor = useActor()
  return (
    <Paper withBorder p="md" component="section" aria-label={point.name}>
      <Group justify="space-between">
        <Title order={2} size="h5"><Anchor component={Link} href={`/cameras/${point.point_id}`}>{point.name}</Anchor>{' '}<span className="dim">{point.unit}</span></Title>
        <Group gap="sm">{point.left_out && <span>{t('stays_out')}</span>}<Mark word={point.word} /></Group>
      </Group>
      <details open={point.word !== 'passed'}>
        <summary>{t('checks', { count: point.answers.filter((each) => each.is_demanded).length })}</summary>
        <Wide label={point.name}>
          <Table>
            <Table.Thead><Table.Tr><Table.Th>{t('check.title')}</Table.Th><Table.Th>{t('result')}</Table.Th><Table.Th>{t('seen')}</Table.Th><Table.Th>{t('demanded')}</Table.Th>{ask && <Table.Th><span className="unseen">{t('acts')}</span></Table.Th>}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {point.answers.map((each) => (
                <Table.Tr key={each.check}>
                  <Table.Td>{t(`check.${each.check}`)}</Table.Td>
                  <Table.Td><Mark word={each.word} />{each.why && <div className="dim">{t(`why.${each.why}`)}</div>}{each.words && <div className="dim">{each.words}{' · '}{actor(each.by)}</div>}</Table.Td>
                  <Table.Td>{each.figure}</Table.Td>
                  <Table.Td>{each.is_demanded ? each.limit : t('not_demanded')}</Table.Td>
                  {ask && <Table.Td>{(each.word !== 'passed' || each.by) && <Button size="compact-sm" variant="default" aria-label={t('answer_of', { check: t(`check.${each.check}`), name: point.name })} onClick={() => ask(each)}>{t('answer')}</Button>}</Table.Td>}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      </details>
    </Paper>
  )
}

function Say({ name, asked, onClose, onDone }: { name: string; asked: { point: Point; check: Check }; onClose: () => void; onDone: (next: Shown) => void }) {
  const { t } = useTranslation(['work', 'common'])
  const passes = BY_PERSON.has(asked.check.check)
  const [is_passed, setPassed] = useState<string | null>(passes ? 'passed' : 'failed')
  const [words, setWords] = useState('')
  const [error, setError] = useState<unknown>(null)
  const send = async () => {
    setError(null)
    try {
      onDone(await got(api.POST('/api/acceptance/{name}/answers', { params: { path: { name } }, body: { point_id: asked.point.point_id, check: asked.check.check, is_passed: is_passed === 'passed', words } })))
      onClose()
    } catch (failed) {
      setError(failed)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('answer_of', { check: t(`check.${asked.check.check}`), name: asked.point.name })} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="sm">
          <Select label={t('result')} description={passes ? undefined : t('fails_only')} value={is_passed} allowDeselect={false} onChange={setPassed} data={(passes ? ['passed', 'failed'] : ['failed']).map((value) => ({ value, label: t(`word.${value}`) }))} />
          <Textarea label={t('saw')} required value={words} maxLength={500} onChange={(event) => setWords(event.currentTarget.value)} data-autofocus />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" disabled={!words.trim()}>{t('common:act.save')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

function SignBatch({ opened, batch, onClose, onDone }: { opened: boolean; batch: Shown; onClose: () => void; onDone: (next: Shown) => void }) {
  const { t } = useTranslation(['work', 'common'])
  const [beside, setBeside] = useState(NO_PROOFS)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const open = batch.points.filter((each) => each.word !== 'passed')
  const send = async () => {
    setBusy(true)
    setError(null)
    try {
      onDone(await got(api.POST('/api/acceptance/{name}/signature', { params: { path: { name: batch.batch.name } }, body: { leave_out: open.map((each) => each.point_id), beside } })))
      toast({ words: t('acceptance.signed') })
      onClose()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
      setBeside((now) => ({ ...now, password: '', code: '' }))
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('acceptance.sign')} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
      <form onSubmit={(event) => { event.preventDefault(); void send() }}>
        <Stack gap="md">
          <Text size="sm">{t('sign_note', { count: batch.points.length - open.length })}</Text>
          {open.length > 0 && <div className="overtaken"><Text size="sm" fw={600}>{t('leave_out', { count: open.length })}</Text><ul>{open.slice(0, 20).map((each) => <li key={each.point_id}>{each.name}{': '}{t(`word.${each.word}`)}</li>)}</ul></div>}
          <SecondPerson title={t('second.title')} note={t('second.note')} proofs={beside} set={setBeside} />
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit" loading={busy} disabled={!isProved(beside)}>{t('acceptance.sign')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
