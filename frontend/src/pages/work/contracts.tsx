// Contracts with their lots, and a month's deductions line by line.
import { Anchor, Button, Paper, Select, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count, day, length, percent } from '../../shell/format'
import { Length, Rate, useNow } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Empty, PageHead, Wide } from '../../shell/page'
import { DataTable, type Column } from '../../shell/table'
import { useUrlState } from '../../shell/url'
import { money } from './parts'

type Row = Schemas['ContractRow']
type Line = Schemas['DeductionRow']
const MONTHS_SHOWN = 13
const STATES = { 'to come': 'to_come', 'in force': 'in_force', over: 'over' } as const

export function Contracts() {
  const { t } = useTranslation(['work', 'common'])
  const list = useQuery({ queryKey: ['contracts'], queryFn: () => got(api.GET('/api/contracts')) })
  const columns: Column<Row>[] = [
    { key: 'name', title: t('common:word.contract'), narrow: true, cell: (row) => row.name },
    { key: 'contractor', title: t('common:desk.contractor'), cell: (row) => row.contractor },
    { key: 'state', title: t('common:word.state'), width: 110, narrow: true, cell: (row) => t(`contract_state.${STATES[row.state as keyof typeof STATES]}`) },
    { key: 'points', title: t('common:word.cameras'), width: 100, align: 'right', cell: (row) => count(row.points) },
    { key: 'from', title: t('common:word.from'), width: 120, cell: (row) => day(row.from_day) },
    { key: 'to', title: t('last_day'), width: 120, cell: (row) => day(row.to_day - 1) },
    { key: 'document', title: t('document'), width: 160, cell: (row) => row.document },
  ]
  return (
    <>
      <PageHead title={t('contracts.title')} lead={t('contracts.lead')} />
      <DataTable name="contracts" asked="/api/contracts" label={t('contracts.title')} columns={columns} rows={list.data ?? []} total={list.data?.length ?? null} isLoading={list.isPending} error={list.data ? null : list.error} retry={() => void list.refetch()}
        rowKey={(row) => row.contract_id} rowTo={(row) => `/work/contracts/${encodeURIComponent(row.name)}`}
        empty={<Empty title={t('contracts.none')} act={<Button component={Link} href="/work/tickets" variant="default">{t('tab.tickets')}</Button>}>{t('contracts.none_note')}</Empty>} />
    </>
  )
}

/** The months of a contract that have begun, the newest first: "2026-11". */
function monthsOf(one: Row, now_ms: number): string[] {
  const first = new Date(one.from_day * 86_400_000)
  const last = new Date(Math.min(now_ms, (one.to_day - 1) * 86_400_000))
  const out: string[] = []
  for (let at = last.getUTCFullYear() * 12 + last.getUTCMonth(); at >= first.getUTCFullYear() * 12 + first.getUTCMonth() && out.length < MONTHS_SHOWN; at -= 1) {
    out.push(`${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`)
  }
  return out
}

export function OneContract({ name }: { name: string }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const me = useMe()
  const now_s = useNow(3_600)
  const [url, setUrl] = useUrlState({ month: '' })
  const query = useQuery({ queryKey: ['contracts', name], queryFn: () => got(api.GET('/api/contracts/{name}', { params: { path: { name } } })), retry: false })
  return (
    <>
      <PageHead title={name} trail={[{ title: t('tab.contracts'), to: '/work/contracts' }]} acts={query.data && <Button component={Link} href={`/work/tickets?contract=${query.data.contract.contract_id}`} variant="default">{t('tab.tickets')}</Button>} />
      <Answer of={query}>
        {({ contract, points }) => {
          const months = monthsOf(contract, now_s * 1000)
          const month = url.month || months[0] || ''
          return (
            <Stack gap="md">
              <div className="work-two">
                <Paper withBorder p="md" component="section">
                  <Title order={2} size="h5" mb="xs">{t('terms')}</Title>
                  <dl className="facts">
                    <dt>{t('common:desk.contractor')}</dt><dd>{contract.contractor}</dd>
                    <dt>{t('document')}</dt><dd>{contract.document}</dd>
                    <dt>{t('term')}</dt><dd>{day(contract.from_day)}{' – '}{day(contract.to_day - 1)}</dd>
                    <dt>{t('calendar')}</dt><dd>{contract.calendar || t('around_the_clock')}</dd>
                    {contract.clocks.map((each) => <FactsOfClock key={each.klass} of={each} />)}
                    <dt>{t('budget')}</dt><dd>{t('tickets_a_day', { count: contract.tickets_per_day_max })}</dd>
                    {contract.warranty_months > 0 && <><dt>{t('warranty')}</dt><dd>{t('months', { count: contract.warranty_months })}</dd></>}
                    {contract.lease_end_day !== null && <><dt>{t('lease')}</dt><dd>{day(contract.lease_end_day)}</dd></>}
                    {me.may('contract') && contract.monthly_fee_cents > 0 && <><dt>{t('fee')}</dt><dd className="money">{money(contract.monthly_fee_cents, i18n.language)}</dd></>}
                  </dl>
                </Paper>
                {me.may('contract') && month && <Month name={name} month={month} months={months} set={(next) => setUrl({ month: next })} />}
              </div>
              <Points rows={points} />
            </Stack>
          )
        }}
      </Answer>
    </>
  )
}

function FactsOfClock({ of }: { of: Row['clocks'][number] }) {
  const { t } = useTranslation(['work', 'common'])
  return <><dt>{t(`common:class.${of.klass}`)}</dt><dd>{t('clocks', { respond: length(of.respond_s), restore: length(of.restore_s) })}</dd></>
}

function Points({ rows }: { rows: Schemas['LotPointRow'][] }) {
  const { t } = useTranslation(['work', 'common'])
  const columns: Column<Schemas['LotPointRow']>[] = [
    { key: 'name', title: t('common:word.camera'), narrow: true, cell: (row) => row.name },
    { key: 'code', title: t('common:word.code'), width: 200, cell: (row) => row.code },
    { key: 'class', title: t('common:word.class'), width: 100, narrow: true, cell: (row) => t(`common:class.${row.klass}`) },
  ]
  return (
    <section aria-labelledby="lot-title" className="work-list">
      <Title order={2} size="h5" id="lot-title">{t('lot')}</Title>
      <DataTable name="lot" label={t('lot')} columns={columns} rows={rows} total={rows.length} rowKey={(row) => row.point_id} rowTo={(row) => `/cameras/${row.point_id}`} height={320}
        empty={<Empty title={t('lot_none')} act={<Button component={Link} href="/cameras" variant="default">{t('common:word.cameras')}</Button>}>{t('lot_none_note')}</Empty>} />
    </section>
  )
}

function Month({ name, month, months, set }: { name: string; month: string; months: string[]; set: (month: string) => void }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const query = useQuery({ queryKey: ['contracts', name, month], queryFn: () => got(api.GET('/api/contracts/{name}/months/{month}', { params: { path: { name, month } } })), retry: false })
  const file = (kind: string) => `/api/contracts/${encodeURIComponent(name)}/months/${month}/sheet.${kind}?language=${i18n.language}`
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2} size="h5" mb="xs">{t('deductions')}</Title>
      <Select size="xs" label={t('month')} value={month} allowDeselect={false} onChange={(next) => next && set(next)} data={months} mb="sm" />
      <Answer of={query}>
        {(found) => (
          <Stack gap="sm">
            {!found.is_over && <Text size="sm" className="word-untested">{t('month_runs')}</Text>}
            <dl className="facts">
              <dt>{t('common:rate.online')}</dt>
              <dd><Rate share={found.denominator > 0 ? found.numerator / found.denominator : null} coverage={found.expected_s > 0 ? Math.min(1, found.denominator / found.expected_s) : null} />{found.target_hundredths > 0 && <span className="dim">{` ${t('target', { share: percent(found.target_hundredths / 10_000) })}`}</span>}</dd>
              <dt>{t('sum')}</dt><dd className="money">{money(found.sum_cents, i18n.language)}</dd>
              {found.cap_cents !== null && <><dt>{t('cap')}</dt><dd className="money">{money(found.cap_cents, i18n.language)}</dd></>}
              <dt>{t('total')}</dt><dd className="money work-total">{money(found.total_cents, i18n.language)}</dd>
            </dl>
            <div className="work-acts">
              {['pdf', 'xlsx', 'csv'].map((kind) => <Button key={kind} component="a" href={file(kind)} download size="compact-md" variant="default">{t(kind)}</Button>)}
            </div>
            <Lines lines={found.lines} />
          </Stack>
        )}
      </Answer>
    </Paper>
  )
}

function Lines({ lines }: { lines: Line[] }) {
  const { t, i18n } = useTranslation(['work', 'common'])
  const owed = lines.filter((each) => each.amount_cents > 0)
  const free = lines.filter((each) => each.amount_cents === 0)
  const table = (rows: Line[], title: string) => (
    <Wide label={title}>
      <Table>
        <Table.Thead><Table.Tr><Table.Th>{t('subject')}</Table.Th><Table.Th>{t('clause.title')}</Table.Th><Table.Th ta="right">{t('arithmetic')}</Table.Th><Table.Th ta="right">{t('amount')}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows.map((each, at) => (
            <Table.Tr key={at}>
              <Table.Td>
                {each.ticket_id !== null ? <Anchor component={Link} href={`/work/tickets/${each.ticket_id}`}>{`#${each.ticket_id} ${each.subject}`}</Anchor> : each.subject}
                {Object.entries(each.left_out_s).map(([why, length_s]) => <div key={why} className="dim">{t(`left_out_why.${why}`)}{': '}<Length length_s={length_s} /></div>)}
                {each.guarantee && <div className="dim">{each.guarantee}</div>}
              </Table.Td>
              <Table.Td>{each.clause === 'none' ? t(`deduction_reason.${each.reason}`) : t(`clause.${each.clause}`)}{each.reason === 'payer' && `: ${t(`payer.${each.payer}`)}`}{each.clause !== 'none' && each.reason !== 'owed' && <div className="dim">{t(`deduction_reason.${each.reason}`)}</div>}{each.is_capped && <div className="dim">{t('capped')}</div>}</Table.Td>
              <Table.Td ta="right" className="money">{each.count > 0 ? `${count(each.count)} × ${money(each.each_cents, i18n.language)}` : ''}</Table.Td>
              <Table.Td ta="right" className="money">{money(each.amount_cents, i18n.language)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  )
  return (
    <>
      {owed.length > 0 ? table(owed, t('deductions')) : <Text size="sm">{t('nothing_owed')}</Text>}
      {free.length > 0 && <details><summary>{t('free_lines', { count: free.length })}</summary>{table(free, t('free_lines', { count: free.length }))}</details>}
    </>
  )
}
