// What calls nobody by itself: pictures to be cleaned by whoever passes, and faults whose kind has not earned its trust here.
import { Button, Checkbox, Group, Modal, Stack, Table, Text, Textarea, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, Problem, type Schemas } from '../../shell/api'
import { useKeys } from '../../shell/keys'
import { Count, Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { DataTable, type Column } from '../../shell/table'
import { toast } from '../../shell/toasts'
import { DayWord, useShown } from './parts'

type Case = Schemas['PictureCase']

const keyOf = (row: Case) => `${row.point_id}-${row.kind}-${row.since_s}`

export function Cleaning() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const shown = useShown()
  const list = useQuery({ queryKey: ['cleaning'], queryFn: () => got(api.GET('/api/cleaning')) })
  const columns: Column<Case>[] = [
    { key: 'name', title: t('common:word.camera'), narrow: true, cell: (row) => row.name },
    { key: 'kind', title: t('shows'), width: 140, narrow: true, cell: (row) => shown(row.kind) },
    { key: 'unit', title: t('common:word.unit'), cell: (row) => row.unit },
    { key: 'since', title: t('common:word.since'), width: 130, cell: (row) => <Instant at_s={row.since_s} form="ago" /> },
    { key: 'due', title: t('clean_by'), width: 130, cell: (row) => (row.due_day === null ? null : <DayWord of={row.due_day} />) },
  ]
  return (
    <>
      <PageHead title={t('cleaning.title')} lead={t('cleaning.lead')} acts={me.may('dispatch') && <Button component={Link} href="/work/plans?make=1">{t('plans.make')}</Button>} />
      <DataTable name="cleaning" asked="/api/cleaning" label={t('cleaning.title')} columns={columns} rows={list.data?.rows ?? []} total={list.data?.total ?? null} isLoading={list.isPending} error={list.data ? null : list.error} retry={() => void list.refetch()}
        rowKey={keyOf} rowTo={(row) => `/cameras/${row.point_id}`}
        empty={<Empty title={t('cleaning.none')} act={<Button component={Link} href="/work/tickets" variant="default">{t('tab.tickets')}</Button>}>{t('cleaning.none_note')}</Empty>} />
    </>
  )
}

export function Review() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const shown = useShown()
  const queries = useQueryClient()
  const [picked, setPicked] = useState<Set<string | number>>(new Set())
  const [error, setError] = useState<unknown>(null)
  const list = useQuery({ queryKey: ['review'], queryFn: () => got(api.GET('/api/review')) })
  const may = me.may('dispatch')
  const rows = list.data?.rows ?? []
  const judge = async (some: Case[], is_right: boolean) => {
    setError(null)
    const gone = new Set(some.map(keyOf))
    const before = list.data
    if (before) queries.setQueryData(['review'], { ...before, rows: before.rows.filter((row) => !gone.has(keyOf(row))), total: (before.total ?? 0) - gone.size })
    setPicked(new Set())
    try {
      for (const row of some) {
        await api.POST('/api/review/{point_id}/{kind}', { params: { path: { point_id: row.point_id, kind: row.kind as 'moved' } }, body: { is_right } })
      }
      toast({ words: t('review.judged', { count: some.length }) })
    } catch (failed) {
      setError(failed instanceof Problem && failed.code === 'not_found' ? new Problem(409, 'conflict', t('review.quicker')) : failed)
    }
    await queries.invalidateQueries({ queryKey: ['review'] })
    await queries.invalidateQueries({ queryKey: ['trust'] })
  }
  const some = () => rows.filter((row) => picked.has(keyOf(row)))
  useKeys(may ? [
    { key: 'y', says: 'work:keys.right', run: () => { if (picked.size) void judge(some(), true) } },
    { key: 'n', says: 'work:keys.wrong', run: () => { if (picked.size) void judge(some(), false) } },
  ] : [])
  const columns: Column<Case>[] = [
    { key: 'name', title: t('common:word.camera'), narrow: true, cell: (row) => <>{row.name}<span className="on-narrow">{shown(row.kind)}</span></> },
    { key: 'kind', title: t('shows'), width: 130, cell: (row) => shown(row.kind) },
    { key: 'unit', title: t('common:word.unit'), cell: (row) => row.unit },
    { key: 'since', title: t('common:word.since'), width: 130, cell: (row) => <Instant at_s={row.since_s} form="ago" /> },
    ...(may ? [{
      key: 'judge', title: t('review.word'), width: 170, narrow: true,
      cell: (row: Case) => (
        <Group gap={6} wrap="nowrap">
          <Button size="compact-sm" variant="default" aria-label={t('review.right_of', { name: row.name })} onClick={() => void judge([row], true)}>{t('review.right')}</Button>
          <Button size="compact-sm" variant="default" aria-label={t('review.wrong_of', { name: row.name })} onClick={() => void judge([row], false)}>{t('review.wrong')}</Button>
        </Group>
      ),
    }] : []),
  ]
  return (
    <>
      <PageHead title={t('review.title')} lead={t('review.lead')} />
      {error !== null && <ProblemNote error={error} />}
      <div className="work-list">
      <DataTable name="review" asked="/api/review" label={t('review.title')} columns={columns} rows={rows} total={list.data?.total ?? null} isLoading={list.isPending} error={list.data ? null : list.error} retry={() => void list.refetch()} height={rows.length > 0 ? 360 : undefined}
        rowKey={keyOf} rowTo={(row) => `/cameras/${row.point_id}`} selected={may ? picked : undefined} onSelected={may ? setPicked : undefined}
        selectionActs={<><Button size="compact-sm" onClick={() => void judge(some(), true)}>{t('review.right')}</Button><Button size="compact-sm" variant="default" onClick={() => void judge(some(), false)}>{t('review.wrong')}</Button></>}
        empty={<Empty title={t('review.none')} act={<Button component={Link} href="/work/causes" variant="default">{t('tab.causes')}</Button>}>{t('review.none_note')}</Empty>} />
      </div>
      <Trust />
    </>
  )
}

function Trust() {
  const { t } = useTranslation(['work', 'common'])
  const me = useMe()
  const shown = useShown()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['trust'], queryFn: () => got(api.GET('/api/trust')) })
  const [asked, setAsked] = useState<Schemas['TrustRow'] | null>(null)
  const [trusted, setTrusted] = useState(false)
  const [because, setBecause] = useState('')
  const [error, setError] = useState<unknown>(null)
  const may = me.may('dispatch') && me.sees_all
  const send = async () => {
    if (!asked) return
    setError(null)
    try {
      queries.setQueryData(['trust'], await got(api.PUT('/api/trust/{kind}', { params: { path: { kind: asked.kind as 'moved' } }, body: { is_trusted: trusted, because } })))
      setAsked(null)
    } catch (failed) {
      setError(failed)
    }
  }
  return (
    <section aria-labelledby="trust-title">
      <Title order={2} size="h5" id="trust-title">{t('trust.title')}</Title>
      <Text size="sm" c="dimmed" mb="xs">{t('trust.lead')}</Text>
      <Answer of={query}>
        {(rows) => (
          <Wide label={t('trust.title')}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>{t('trust.kind')}</Table.Th><Table.Th>{t('trust.judged')}</Table.Th><Table.Th>{t('trust.right')}</Table.Th><Table.Th>{t('trust.opens')}</Table.Th><Table.Th>{t('trust.said')}</Table.Th>{may && <Table.Th><span className="unseen">{t('acts')}</span></Table.Th>}</Table.Tr></Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.kind}>
                    <Table.Td>{shown(row.kind)}</Table.Td>
                    <Table.Td><Count of={row.judged} /></Table.Td>
                    <Table.Td><Count of={row.right} /></Table.Td>
                    <Table.Td>{row.is_trusted ? t('trust.tickets') : t('trust.tray')}</Table.Td>
                    <Table.Td>{row.said}</Table.Td>
                    {may && <Table.Td><Button size="compact-sm" variant="default" aria-label={t('trust.change_of', { kind: shown(row.kind) })} onClick={() => { setAsked(row); setTrusted(!row.is_trusted); setBecause('') }}>{t('trust.change')}</Button></Table.Td>}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Answer>
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={asked ? t('trust.change_of', { kind: shown(asked.kind) }) : ''} closeButtonProps={{ 'aria-label': t('common:act.close') }}>
        <form onSubmit={(event) => { event.preventDefault(); void send() }}>
          <Stack gap="md">
            <Checkbox label={t('trust.tickets')} checked={trusted} onChange={(event) => setTrusted(event.currentTarget.checked)} />
            <Textarea label={t('common:word.reason')} required value={because} maxLength={1000} onChange={(event) => setBecause(event.currentTarget.value)} data-autofocus />
            {error !== null && <ProblemNote error={error} />}
            <Group justify="flex-end"><Button type="submit" disabled={!because.trim()}>{t('common:act.save')}</Button></Group>
          </Stack>
        </form>
      </Modal>
    </section>
  )
}
