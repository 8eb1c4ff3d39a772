// What was signed, the key that signs, and whether the log goes on from where it was.
import { Anchor, Button, CopyButton, Group, Paper, Select, Stack, Table, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { count, instant } from '../../shell/format'
import { Instant } from '../../shell/marks'
import { Answer, Empty, ProblemNote, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'

export function Checkpoints() {
  const { t } = useTranslation('audit')
  const found = useQuery({ queryKey: ['audit', 'checkpoints'], queryFn: () => got(api.GET('/api/audit/checkpoints', { params: { query: { limit: 200 } } })) })
  return (
    <Stack gap="lg" className="sheet">
      <Text size="sm" c="dimmed">{t('checkpoints.lead')}</Text>
      <Keys />
      <Answer of={found}>
        {({ rows }) => (rows.length === 0 ? <Empty title={t('checkpoints.none')}>{t('checkpoints.none_note')}</Empty> : (
          <>
            {rows.length > 1 && <Compare rows={rows} />}
            <Wide label={t('tabs.checkpoints')}>
              <Table aria-label={t('tabs.checkpoints')} miw={560}>
                <Table.Thead><Table.Tr><Table.Th>{t('checkpoints.size')}</Table.Th><Table.Th>{t('checkpoints.at')}</Table.Th><Table.Th>{t('checkpoints.root')}</Table.Th><Table.Th>{t('files.note')}</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {rows.map((each) => (
                    <Table.Tr key={each.size}>
                      <Table.Td className="figure">{count(each.size)}</Table.Td>
                      <Table.Td>{each.at_s !== null && <Instant at_s={each.at_s} form="second" />}</Table.Td>
                      <Table.Td><code className="audit-hash">{each.root}</code></Table.Td>
                      <Table.Td><Anchor href={`/api/audit/checkpoints/${each.size}/note`} download className="audit-link">{t('checkpoints.download')}</Anchor></Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          </>
        ))}
      </Answer>
    </Stack>
  )
}

/** The public key, to be noted. */
export function Keys() {
  const { t } = useTranslation(['audit', 'shell'])
  const found = useQuery({ queryKey: ['audit', 'keys'], queryFn: () => got(api.GET('/api/audit/keys')), staleTime: 300_000 })
  return (
    <Paper withBorder p="md" component="section" aria-label={t('checkpoints.key')}>
      <Title order={2} size="h5" mb={4}>{t('checkpoints.key')}</Title>
      <Text size="sm" c="dimmed" mb="sm">{t('checkpoints.key_note')}</Text>
      <Answer of={found} lines={2}>
        {({ keys }) => (
          <Stack gap="xs">
            {keys.map((each) => (
              <Group key={each} gap="xs" align="center">
                <code className="secret grow">{each}</code>
                <CopyButton value={each}>{({ copied, copy }) => <Button size="xs" variant="default" onClick={copy}>{t(copied ? 'shell:copied' : 'shell:copy')}</Button>}</CopyButton>
              </Group>
            ))}
          </Stack>
        )}
      </Answer>
    </Paper>
  )
}

function Compare({ rows }: { rows: Schemas['CheckpointRow'][] }) {
  const { t } = useTranslation('audit')
  const [older, setOlder] = useState(String(rows.at(-1)?.size ?? ''))
  const [newer, setNewer] = useState(String(rows[0]?.size ?? ''))
  const compare = useMutation({
    mutationFn: () => got(api.GET('/api/audit/consistency', { params: { query: { old: Number(older), new: Number(newer) } } })),
  })
  const choices = rows.map((each) => ({ value: String(each.size), label: `${count(each.size)} · ${each.at_s === null ? '' : instant(each.at_s, 'second')}` }))
  const change = (set: (value: string) => void) => (value: string | null) => { compare.reset(); if (value) set(value) }
  return (
    <Paper withBorder p="md" component="section" aria-label={t('checkpoints.compare')}>
      <Title order={2} size="h5" mb="sm">{t('checkpoints.compare')}</Title>
      <Group align="flex-end" gap="sm">
        <Select label={t('checkpoints.older')} data={choices} value={older} onChange={change(setOlder)} allowDeselect={false} searchable />
        <Select label={t('checkpoints.newer')} data={choices} value={newer} onChange={change(setNewer)} allowDeselect={false} searchable />
        <Button variant="default" loading={compare.isPending} onClick={() => compare.mutate()}>{t('checkpoints.check')}</Button>
      </Group>
      <div role="status">
        {compare.data && (
          <Group mt="sm" gap="sm">
            <span className="state audit-words" data-state={compare.data.holds ? 'up' : 'down'}>
              <Sign name={compare.data.holds ? 'up' : 'down'} /> <span>{t(compare.data.holds ? 'checkpoints.holds' : 'checkpoints.fails', { size: count(compare.data.new.size), old: count(compare.data.old.size) })}</span>
            </span>
            <Anchor href={`/api/audit/consistency/proof?old=${compare.data.old.size}&new=${compare.data.new.size}`} download className="audit-link">{t('checkpoints.proof')}</Anchor>
          </Group>
        )}
      </div>
      {compare.error && <ProblemNote error={compare.error} />}
    </Paper>
  )
}
