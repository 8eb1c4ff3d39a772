// One's own exports: how far each is, its file once it is written, and until when it is kept.
import { Anchor, Button, Group, Paper, Progress, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count, percent } from '../../shell/format'
import { Instant } from '../../shell/marks'
import { Answer, Confirm, Empty, PageHead } from '../../shell/page'
import { Sign, type SignName } from '../../shell/signs'

type Row = Schemas['ExportRow']
const SIGNS: Record<Row['state'], SignName> = { waiting: 'clock', running: 'clock', done: 'check', failed: 'fault', interrupted: 'fault' }
const ASKED_AGAIN_MS = 1_000
const isGoing = (row: Row) => row.state === 'waiting' || row.state === 'running'

export function Exports() {
  const { t } = useTranslation('shell')
  const queries = useQueryClient()
  const [dropping, setDropping] = useState<Row | null>(null)
  const found = useQuery({
    queryKey: ['exports'], queryFn: () => got(api.GET('/api/exports')),
    refetchInterval: (query) => (query.state.data?.some(isGoing) ? ASKED_AGAIN_MS : false),
  })
  return (
    <>
      <PageHead title={t('exports.title')} lead={t('exports.lead')} trail={[{ title: t('account.title'), to: '/account' }]} />
      <div className="sheet">
        <Answer of={found} lines={4}>
          {(rows) => rows.length === 0
            ? <Empty title={t('exports.none')} act={<Button component={Link} href="/cameras" variant="default">{t('area.cameras')}</Button>}>{t('exports.none_note')}</Empty>
            : <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: 'none' }}>{rows.map((row) => <li key={row.export_id}><One row={row} onDrop={() => setDropping(row)} /></li>)}</Stack>}
        </Answer>
      </div>
      <Confirm opened={dropping !== null} title={t('exports.drop')} act={t('exports.drop')} danger onClose={() => setDropping(null)}
        onAct={async () => { if (dropping) await api.DELETE('/api/exports/{export_id}', { params: { path: { export_id: dropping.export_id } } }); await queries.invalidateQueries({ queryKey: ['exports'] }) }}>{t('exports.drop_note')}</Confirm>
    </>
  )
}

function One({ row, onDrop }: { row: Row; onDrop: () => void }) {
  const { t } = useTranslation('shell')
  const title = t('exports.named', { what: t(`exports.what.${row.what}`), kind: row.kind.toUpperCase() })
  const share = row.total ? Math.min(1, row.done / row.total) : null
  return (
    <Paper withBorder p="md" component="article" aria-label={title}>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <strong>{title}{row.with_addresses && ` · ${t('exports.addresses')}`}</strong>
          <span role="status"><Sign name={SIGNS[row.state]} /> {t(`exports.state.${row.state}`)}</span>
        </Group>
        <Text size="sm" c="dimmed">{asked(row, (name) => t(`exports.filter.${name}`, { defaultValue: name }), t('exports.whole'))}</Text>
        {isGoing(row) && <Progress value={(share ?? 0) * 100} aria-label={t('exports.progress')} />}
        <Text size="sm">
          {row.total === null || row.state === 'done' ? t('exports.rows', { count: row.done, told: count(row.done) }) : t('exports.of', { done: count(row.done), total: count(row.total) })}
          {isGoing(row) && share !== null && ` · ${percent(share)}`}
        </Text>
        {row.fault && <Text size="sm">{t(`exports.fault.${row.fault}`)}</Text>}
        {row.state === 'interrupted' && <Text size="sm">{t('exports.again')}</Text>}
        <Text size="sm" c="dimmed">{t('exports.made')} <Instant at_s={row.made_s} /> · {t('exports.until')} <Instant at_s={row.until_s} /></Text>
        <Group gap="xs">
          {row.state === 'done' && <Anchor href={`/api/exports/${row.export_id}/file`} download>{t('exports.fetch')}</Anchor>}
          <Button size="compact-sm" variant="default" onClick={onDrop}>{t('exports.drop')}</Button>
        </Group>
      </Stack>
    </Paper>
  )
}

/** The filter in a line. */
function asked(row: Row, name: (key: string) => string, whole: string): string {
  const said = Object.entries(row.asked).map(([key, value]) => (value === true ? name(key) : `${name(key)}: ${Array.isArray(value) ? value.join(', ') : String(value)}`))
  return said.length > 0 ? said.join(' · ') : whole
}
