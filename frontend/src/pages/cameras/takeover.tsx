// Taking a fleet over: each unit with its cameras by bucket, accepted from a day on, and declarations by batch.
import { Button, Group, Modal, Stack, Table, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { dayNumber } from '../../shell/format'
import { Count, Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { RegisterNav } from './nav'

type Row = Schemas['TakeoverRow']
const BUCKETS = ['answers_well', 'picture_faulty', 'busy', 'password_refused', 'path_wrong', 'wrong_address', 'silent', 'long_dead', 'not_ours', 'not_looked_at'] as const
const WHAT = ['place_kind', 'purpose', 'legal_basis', 'owner_department', 'contact'] as const
const KEY = ['register', 'takeover']

export function TakeoverPage() {
  const { t } = useTranslation(['cameras', 'common'])
  const me = useMe()
  const found = useQuery({ queryKey: KEY, queryFn: () => got(api.GET('/api/register/takeover')) })
  const [accepting, setAccepting] = useState<Row | null>(null)
  const [declaring, setDeclaring] = useState<Row | null>(null)
  return (
    <>
      <PageHead title={t('takeover.title')} lead={t('takeover.lead')} trail={[{ to: '/cameras', title: t('title') }]} />
      <RegisterNav />
      <Answer of={found} lines={6}>
        {(rows) => {
          const shown = BUCKETS.filter((each) => rows.some((row) => row.buckets[each]))
          return rows.length === 0 ? <Empty title={t('none')} act={<Button component={Link} href="/cameras/import">{t('nav.import')}</Button>}>{t('none_note')}</Empty> : (
            <Wide label={t('takeover.title')}>
              <Table aria-label={t('takeover.title')} miw={900} stickyHeader>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('common:word.unit')}</Table.Th><Table.Th ta="right">{t('common:word.cameras')}</Table.Th>
                    {shown.map((each) => <Table.Th key={each} ta="right" title={t(`common:cure.${each}`)}>{t(`common:bucket.${each}`)}</Table.Th>)}
                    <Table.Th>{t('takeover.accepted')}</Table.Th><Table.Th ta="right">{t('takeover.owed')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((row) => (
                    <Table.Tr key={row.unit_id}>
                      <Table.Th scope="row">
                        <div className="with-acts">
                          <Link href={`/cameras?unit=${row.unit_id}`}>{row.unit}</Link>
                          <Group gap={6} wrap="nowrap">
                            {row.accepted_from_s === null && <Button size="compact-sm" variant="default" onClick={() => setAccepting(row)}>{t('takeover.accept')}</Button>}
                            {me.may('declare') && <Button size="compact-sm" variant="default" onClick={() => setDeclaring(row)}>{t('takeover.declare')}</Button>}
                          </Group>
                        </div>
                      </Table.Th>
                      <Table.Td ta="right"><Count of={row.cameras} /></Table.Td>
                      {shown.map((each) => <Table.Td key={each} ta="right">{row.buckets[each] ? <Count of={row.buckets[each]} /> : <span className="dim">{'–'}</span>}</Table.Td>)}
                      <Table.Td>{row.accepted_from_s === null ? <span className="dim">{t('takeover.not_yet')}</span> : <span title={row.document}><Instant at_s={row.accepted_from_s} form="day" /></span>}</Table.Td>
                      <Table.Td ta="right"><Count of={row.owed} /></Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )
        }}
      </Answer>
      <Modal opened={accepting !== null} onClose={() => setAccepting(null)} title={t('takeover.accept_title', { unit: accepting?.unit })}>
        {accepting && <AcceptForm of={accepting} onDone={() => setAccepting(null)} />}
      </Modal>
      <Modal opened={declaring !== null} onClose={() => setDeclaring(null)} title={t('takeover.declare_title', { unit: declaring?.unit })}>
        {declaring && <DeclareForm of={declaring} onDone={() => setDeclaring(null)} />}
      </Modal>
    </>
  )
}

function AcceptForm({ of, onDone }: { of: Row; onDone: () => void }) {
  const { t } = useTranslation('cameras')
  const queries = useQueryClient()
  const [from, setFrom] = useState('')
  const [agreed, setAgreed] = useState('')
  const [document, setDocument] = useState('')
  const [error, setError] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    got(api.POST('/api/register/takeover', { body: { unit_id: of.unit_id, from_day: dayNumber(from), agreed_day: agreed ? dayNumber(agreed) : null, document } }))
      .then((done) => {
        toast({ words: t('takeover.was_accepted', { unit: of.unit, count: Object.values(done.backlog).reduce((a, b) => a + b, 0) }) })
        void queries.invalidateQueries({ queryKey: KEY })
        onDone()
      })
      .catch(setError)
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <Text size="sm">{t('takeover.accept_note')}</Text>
        <TextInput type="date" label={t('takeover.from')} required value={from} onChange={(event) => setFrom(event.currentTarget.value)} data-autofocus />
        <TextInput type="date" label={t('takeover.agreed')} min={from} value={agreed} onChange={(event) => setAgreed(event.currentTarget.value)} />
        <TextInput label={t('takeover.document')} required maxLength={200} value={document} onChange={(event) => setDocument(event.currentTarget.value)} />
        {error !== null && <ProblemNote error={error} />}
        <Group justify="flex-end"><Button type="submit">{t('takeover.accept')}</Button></Group>
      </Stack>
    </form>
  )
}

function DeclareForm({ of, onDone }: { of: Row; onDone: () => void }) {
  const { t } = useTranslation('cameras')
  const queries = useQueryClient()
  const [said, setSaid] = useState<Record<string, string>>({})
  const [document, setDocument] = useState('')
  const [exceptions, setExceptions] = useState('')
  const [error, setError] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    const left = exceptions.split(/[\s,，]+/).filter(Boolean)
    got(api.POST('/api/register/declarations', { body: { unit_id: of.unit_id, document, exceptions: left, ...said } }))
      .then((done) => {
        toast({ words: t('takeover.was_declared', { count: done.cameras }) })
        void queries.invalidateQueries({ queryKey: ['cameras'] })
        onDone()
      })
      .catch(setError)
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <Text size="sm">{t('takeover.declare_note')}</Text>
        {WHAT.map((each) => <TextInput key={each} label={t(`field.${each}`)} maxLength={400} value={said[each] ?? ''} onChange={(event) => setSaid({ ...said, [each]: event.currentTarget.value })} />)}
        <TextInput label={t('takeover.document')} required maxLength={200} value={document} onChange={(event) => setDocument(event.currentTarget.value)} />
        <Textarea label={t('takeover.exceptions')} description={t('takeover.exceptions_note')} autosize minRows={1} maxRows={6} value={exceptions} onChange={(event) => setExceptions(event.currentTarget.value)} />
        {error !== null && <ProblemNote error={error} />}
        <Group justify="flex-end"><Button type="submit">{t('takeover.declare')}</Button></Group>
      </Stack>
    </form>
  )
}
