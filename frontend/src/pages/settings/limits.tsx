// Schedules and limits as they are in force, each with where it is set and how it is changed.
import { Badge, Code, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { count } from '../../shell/format'
import { Answer, Wide } from '../../shell/page'
import { Part } from './part'

type Line = Schemas['SettingEntry']

const TABLES = ['rounds', 'probing', 'pictures', 'store', 'web', 'serve', 'log']
const COLOURS: Record<string, string> = { default: 'gray', file: 'blue', environment: 'orange' }

export function Limits() {
  const { t } = useTranslation('settings')
  const found = useQuery({ queryKey: ['settings', 'limits'], queryFn: () => got(api.GET('/api/settings/limits')) })
  return (
    <Answer of={found}>
      {({ file, settings }) => (
        <>
          <Text size="sm">{t('limits.how')} <Code>{file}</Code></Text>
          <Text size="sm" c="dimmed">{t('limits.now')}</Text>
          <Stack gap="lg">
            {TABLES.map((table) => <Of key={table} table={table} lines={settings.filter((each) => each.table === table)} />)}
          </Stack>
        </>
      )}
    </Answer>
  )
}

function Of({ table, lines }: { table: string; lines: Line[] }) {
  const { t } = useTranslation('settings')
  return (
    <Part title={t(`limits.table.${table}`)}>
      <Wide label={t(`limits.table.${table}`)}>
        <Table aria-label={t(`limits.table.${table}`)} miw={620}>
          <Table.Thead><Table.Tr><Table.Th>{t('limits.setting')}</Table.Th><Table.Th>{t('limits.value')}</Table.Th><Table.Th>{t('limits.usual')}</Table.Th><Table.Th>{t('limits.origin')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr key={line.name}>
                <Table.Td>{t(`limits.name.${table}.${line.name}`, { defaultValue: line.name })}<br /><span className="settings-value dim">{table}.{line.name}</span></Table.Td>
                <Table.Td><span className="settings-value"><Value of={line.value} /></span></Table.Td>
                <Table.Td><span className="settings-value dim"><Value of={line.default} /></span></Table.Td>
                <Table.Td>
                  <Badge variant="light" color={COLOURS[line.origin]}>{t(`limits.from.${line.origin}`)}</Badge>
                  {line.origin === 'environment' && <div className="settings-value">{line.variable}</div>}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Part>
  )
}

function Value({ of }: { of: unknown }) {
  const { t } = useTranslation('settings')
  if (of === null || of === '' || (Array.isArray(of) && of.length === 0)) return <>{t('limits.empty')}</>
  if (typeof of === 'number') return <>{count(of)}</>
  if (typeof of === 'boolean') return <>{t(of ? 'limits.yes' : 'limits.no')}</>
  if (Array.isArray(of)) return <>{of.join(', ')}</>
  if (typeof of === 'object') {
    const each = Object.entries(of as Record<string, unknown>)
    return each.length === 0 ? <>{t('limits.empty')}</> : <>{each.map(([key, value]) => `${key} = ${String(value)}`).join('; ')}</>
  }
  return <>{String(of)}</>
}
