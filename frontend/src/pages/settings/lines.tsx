// Lines: what our looks have carried over each this month, and the day on which a metered one runs out.
import { Badge, Table, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got } from '../../shell/api'
import { bytes, count, day, dayNumber, percent } from '../../shell/format'
import { Answer, Empty, Wide } from '../../shell/page'
import { Part } from './part'

const SHOWN = 100

export function Lines() {
  const { t } = useTranslation('settings')
  const [wanted, setWanted] = useState('')
  const found = useQuery({ queryKey: ['settings', 'lines'], queryFn: () => got(api.GET('/api/settings/lines')) })
  return (
    <Answer of={found}>
      {(lines) => {
        const chosen = lines.filter((line) => line.name.toLowerCase().includes(wanted.trim().toLowerCase()))
        return (
          <Part title={t('lines.title', { count: lines.length })} note={t('lines.note')}>
            {lines.length === 0 ? <Empty title={t('lines.none')}>{t('lines.none_note')}</Empty> : (
              <>
                <TextInput label={t('lines.find')} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} maw={320} mb="sm" />
                <Wide label={t('page.lines')}>
                  <Table aria-label={t('page.lines')} miw={720}>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>{t('lines.name')}</Table.Th><Table.Th ta="right">{t('lines.cameras')}</Table.Th><Table.Th ta="right">{t('lines.used')}</Table.Th>
                        <Table.Th>{t('lines.metered')}</Table.Th><Table.Th>{t('lines.out')}</Table.Th><Table.Th ta="right">{t('lines.cap')}</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {chosen.slice(0, SHOWN).map((line) => {
                        const share = line.budget_bytes > 0 ? line.spent_bytes / line.budget_bytes : 0
                        return (
                          <Table.Tr key={line.name}>
                            <Table.Td><Link href={`/cameras?q=${encodeURIComponent(line.name)}`}>{line.name}</Link></Table.Td>
                            <Table.Td ta="right">{count(line.cameras)}</Table.Td>
                            <Table.Td ta="right">{bytes(line.used_bytes)}</Table.Td>
                            <Table.Td>
                              {line.metered === 0 ? <span className="dim">{t('lines.unmetered')}</span> : (
                                <>
                                  <div className="settings-bar" data-over={line.over > 0} aria-hidden><span style={{ width: `${Math.min(share, 1) * 100}%` }} /></div>
                                  {t('lines.spent', { spent: bytes(line.spent_bytes), budget: bytes(line.budget_bytes), share: percent(share, 0), count: line.metered })}
                                </>
                              )}
                            </Table.Td>
                            <Table.Td>
                              {line.over > 0 ? <Badge color="red" variant="light">{t('lines.over', { count: line.over })}</Badge>
                                : line.out_day ? <Badge color="orange" variant="light">{day(dayNumber(line.out_day))}</Badge>
                                : <span className="dim">{line.metered === 0 ? t('lines.never') : t('lines.lasts')}</span>}
                            </Table.Td>
                            <Table.Td ta="right">{t('lines.kbps', { told: count(line.cap_kbps) })}</Table.Td>
                          </Table.Tr>
                        )
                      })}
                    </Table.Tbody>
                  </Table>
                </Wide>
                {chosen.length > SHOWN && <p className="dim">{t('lines.more', { count: chosen.length - SHOWN })}</p>}
              </>
            )}
          </Part>
        )
      }}
    </Answer>
  )
}
