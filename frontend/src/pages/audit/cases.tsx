// Cases: every act that concerned one camera in some days, as a document and as a file that proves itself.
import { Anchor, Button, Group, Modal, Select, Stack, Table, Text, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got } from '../../shell/api'
import { count } from '../../shell/format'
import { Instant, useNow } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { dayOf, textOf } from './days'
import { By } from './said'

export function Cases() {
  const { t } = useTranslation('audit')
  const queries = useQueryClient()
  const [said, say] = useUrlState({ point: 0 })
  const [making, setMaking] = useState(said.point > 0)
  const found = useQuery({ queryKey: ['audit', 'cases'], queryFn: () => got(api.GET('/api/audit/cases', { params: { query: { limit: 200 } } })) })
  const done = (number: number) => {
    setMaking(false)
    say({ point: 0 })
    void queries.invalidateQueries({ queryKey: ['audit', 'cases'] })
    toast({ words: t('cases.made', { number }) })
  }
  return (
    <Stack gap="md" className="sheet">
      <Group justify="space-between" align="flex-start" wrap="wrap">
        <Text size="sm" c="dimmed" maw={640}>{t('cases.lead')}</Text>
        <Button onClick={() => setMaking(true)}>{t('cases.make')}</Button>
      </Group>
      <Answer of={found}>
        {({ rows }) => (rows.length === 0 ? <Empty title={t('cases.none')} act={<Button variant="default" onClick={() => setMaking(true)}>{t('cases.make')}</Button>}>{t('cases.none_note')}</Empty> : (
          <Wide label={t('tabs.cases')}>
            <Table aria-label={t('tabs.cases')} miw={960} className="audit-cases">
              <Table.Thead>
                <Table.Tr><Table.Th>{t('cases.number')}</Table.Th><Table.Th>{t('cases.camera')}</Table.Th><Table.Th>{t('cases.span')}</Table.Th><Table.Th>{t('cases.acts')}</Table.Th><Table.Th>{t('cases.reason')}</Table.Th><Table.Th>{t('cases.actor')}</Table.Th><Table.Th>{t('cases.at')}</Table.Th><Table.Th>{t('cases.files')}</Table.Th></Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((each) => (
                  <Table.Tr key={each.number}>
                    <Table.Td className="figure">{count(each.number)}</Table.Td>
                    <Table.Td>{each.camera}</Table.Td>
                    <Table.Td><Instant at_s={each.from_s} form="day" /> – <Instant at_s={each.to_s - 1} form="day" /></Table.Td>
                    <Table.Td className="figure">{count(each.acts)}</Table.Td>
                    <Table.Td>{each.because}</Table.Td>
                    <Table.Td><By actor={each.actor} /></Table.Td>
                    <Table.Td><Instant at_s={each.at_s} /></Table.Td>
                    <Table.Td>
                      <Group gap="xs" wrap="nowrap">
                        <Anchor className="audit-link" href={`/api/audit/cases/${each.number}/pdf?language=zh-CN`} download>{t('cases.pdf_zh')}</Anchor>
                        <Anchor className="audit-link" href={`/api/audit/cases/${each.number}/pdf?language=en`} download>{t('cases.pdf_en')}</Anchor>
                        <Anchor className="audit-link" href={`/api/audit/cases/${each.number}/json`} download>{t('cases.json')}</Anchor>
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        ))}
      </Answer>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('cases.make')}>{making && <Maker point={said.point} onDone={done} />}</Modal>
    </Stack>
  )
}

function Maker({ point, onDone }: { point: number; onDone: (number: number) => void }) {
  const { t } = useTranslation('audit')
  const { tz } = useMe()
  const now_s = useNow()
  const [typed, setTyped] = useState('')
  const [asked] = useDebouncedValue(typed, 200)
  const [camera, setCamera] = useState<string | null>(point ? String(point) : null)
  const [from, setFrom] = useState(() => textOf(now_s, tz, -30))
  const [to, setTo] = useState(() => textOf(now_s, tz))
  const [because, setBecause] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const hits = useQuery({ queryKey: ['search', asked], queryFn: () => got(api.GET('/api/search', { params: { query: { q: asked, limit: 20 } } })), enabled: asked.length > 0, placeholderData: (before) => before })
  const cameras = (hits.data?.rows ?? []).filter((each) => each.kind === 'camera').map((each) => ({ value: String(each.id), label: each.note ? `${each.title} · ${each.note}` : each.title }))
  if (camera && !cameras.some((each) => each.value === camera)) cameras.unshift({ value: camera, label: typed || t('subject.point', { id: camera }) })
  const send = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    got(api.POST('/api/audit/cases', { body: { point_id: Number(camera), from_day: dayOf(from), to_day: dayOf(to), because: because.trim() } }))
      .then((made) => onDone(made.number)).catch(setError).finally(() => setBusy(false))
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <Select label={t('cases.camera')} description={t('cases.camera_note')} required searchable data-autofocus data={cameras} value={camera} onChange={setCamera}
          searchValue={typed} onSearchChange={setTyped} filter={({ options }) => options} nothingFoundMessage={asked ? t('cases.nothing') : undefined} />
        <Group grow>
          <TextInput type="date" label={t('cases.from')} required value={from} max={to} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="date" label={t('cases.to')} required value={to} min={from} onChange={(event) => setTo(event.currentTarget.value)} />
        </Group>
        <Textarea label={t('cases.because')} description={t('cases.because_note')} required autosize minRows={2} maxLength={1000} value={because} onChange={(event) => setBecause(event.currentTarget.value)} />
        {error !== null && <ProblemNote error={error} />}
        <Group justify="flex-end"><Button type="submit" loading={busy} disabled={!camera || !because.trim()}>{t('cases.make')}</Button></Group>
      </Stack>
    </form>
  )
}
