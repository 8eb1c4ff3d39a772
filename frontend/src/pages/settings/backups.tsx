// Copies of the books: when the last was made, when the next is due, and one at once.
import { Button, Code, Group, Table, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got } from '../../shell/api'
import { bytes } from '../../shell/format'
import { Instant, Length } from '../../shell/marks'
import { Answer, Empty, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { Part } from './part'

export function Backups() {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['settings', 'backups'], queryFn: () => got(api.GET('/api/settings/backups')) })
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const make = () => {
    setBusy(true)
    setError(null)
    got(api.POST('/api/settings/backups'))
      .then((page) => { queries.setQueryData(['settings', 'backups'], page); toast({ words: t('backups.made') }) })
      .catch(setError).finally(() => setBusy(false))
  }
  const act = <Button size="compact-sm" loading={busy} onClick={make}>{t('backups.make')}</Button>
  return (
    <Answer of={found}>
      {(page) => (
        <Part title={t('backups.title')} note={<>{t('backups.note')} <Code>{page.folder}</Code></>} acts={act}>
          {error !== null && <ProblemNote error={error} />}
          <Group gap="xl" mb="sm">
            <Text size="sm">{t('backups.last')} <strong>{page.last_s === null ? t('backups.never') : <Instant at_s={page.last_s} />}</strong></Text>
            <Text size="sm">{t('backups.next')} <strong>{page.next_s === null ? t('backups.none_due') : <Instant at_s={page.next_s} />}</strong></Text>
            {page.every_h > 0 && <Text size="sm">{t('backups.every')} <strong><Length length_s={page.every_h * 3600} /></strong></Text>}
            <Text size="sm">{t('backups.kept', { count: page.kept })}</Text>
          </Group>
          {page.copies.length === 0 ? <Empty title={t('backups.none')} act={act}>{t('backups.none_note')}</Empty> : (
            <Wide label={t('backups.title')}>
              <Table aria-label={t('backups.title')} miw={420}>
                <Table.Thead><Table.Tr><Table.Th>{t('backups.file')}</Table.Th><Table.Th ta="right">{t('backups.size')}</Table.Th><Table.Th>{t('backups.written')}</Table.Th></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {page.copies.map((each) => <Table.Tr key={each.name}><Table.Td className="settings-value">{each.name}</Table.Td><Table.Td ta="right">{bytes(each.bytes)}</Table.Td><Table.Td><Instant at_s={each.written_s} /></Table.Td></Table.Tr>)}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Part>
      )}
    </Answer>
  )
}
