// What was granted to whom: a role over a part, for some purposes, for a time, by another person.
import { Button, Group, Modal, MultiSelect, SegmentedControl, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Confirm, Empty, ProblemNote } from '../../shell/page'
import { DataTable, type Column } from '../../shell/table'
import { toast } from '../../shell/toasts'
import { useUrlState } from '../../shell/url'
import { endOf, Place, Standing, until, type GrantRow } from './pieces'
import { useChoices, useStaff } from './staff'

type Role = Schemas['GrantRow']['role']

const STATES = ['in_force', 'to_come', 'over'] as const

export function Grants() {
  const { t } = useTranslation(['people', 'common'])
  const me = useMe()
  const [filters, setFilters] = useUrlState({ q: '', state: 'in_force' })
  const [giving, setGiving] = useState(false)
  const [ending, setEnding] = useState<GrantRow | null>(null)
  const found = useQuery({ queryKey: ['grants'], queryFn: () => got(api.GET('/api/grants')) })
  const sought = filters.q.trim().toLowerCase()
  const rows = (found.data?.rows ?? []).filter((each) =>
    (filters.state === 'all' || each.state === filters.state) &&
    (sought === '' || `${each.login} ${each.name} ${each.unit} ${each.contract} ${t(`common:role.${each.role}`)}`.toLowerCase().includes(sought)))
  const columns: Column<GrantRow>[] = [
    { key: 'who', title: t('grant.who'), cell: (row) => row.name || t('grant.somebody', { number: row.account_id }), narrow: true },
    { key: 'role', title: t('grant.role'), cell: (row) => t(`common:role.${row.role}`), width: 130, narrow: true },
    { key: 'place', title: t('grant.over'), cell: (row) => <Place grant={row} /> },
    { key: 'purposes', title: t('grant.purposes'), cell: (row) => row.purposes.join(', ') || t('grant.any_purpose'), width: 150 },
    { key: 'state', title: t('common:word.state'), cell: (row) => <Standing state={row.state} />, width: 105 },
    { key: 'from', title: t('common:word.from'), cell: (row) => <Instant at_s={row.from_s} />, width: 150, hidden: true },
    { key: 'to', title: t('common:word.until'), cell: (row) => until(row.ended_s ?? row.to_s), width: 145 },
    { key: 'by', title: t('grant.approver'), cell: (row) => row.approver.replace(/^account:/, ''), width: 110 },
    { key: 'because', title: t('common:word.reason'), cell: (row) => row.because },
    { key: 'end', title: t('grant.end'), width: 80, narrow: true, cell: (row) => row.state !== 'over' && row.account_id !== me.account_id
      ? <Button size="compact-sm" variant="default" onClick={(event) => { event.stopPropagation(); setEnding(row) }}>{t('grant.end')}</Button> : null },
  ]
  return (
    <>
      <DataTable name="grants" label={t('tabs.grants')} columns={columns} rows={rows} rowKey={(row) => row.grant_id} total={rows.length}
        isLoading={found.isPending} error={found.data ? null : found.error} retry={() => void found.refetch()}
        tools={
          <Group gap="xs">
            <TextInput aria-label={t('seek')} placeholder={t('seek')} value={filters.q} onChange={(event) => setFilters({ q: event.currentTarget.value })} />
            <Select aria-label={t('common:word.state')} allowDeselect={false} value={filters.state} onChange={(state) => setFilters({ state: state ?? 'in_force' })}
              data={[...STATES.map((each) => ({ value: each, label: t(`state.${each}`) })), { value: 'all', label: t('common:word.all') }]} />
            <Button onClick={() => setGiving(true)}>{t('give.act')}</Button>
          </Group>
        }
        empty={<Empty title={t('no_grant')} act={<Button onClick={() => setGiving(true)}>{t('give.act')}</Button>} />} />
      <Giving opened={giving} onClose={() => setGiving(false)} />
      <Ending grant={ending} onClose={() => setEnding(null)} />
    </>
  )
}

/** Ends a grant at once. */
export function Ending({ grant, onClose }: { grant: GrantRow | null; onClose: () => void }) {
  const { t } = useTranslation(['people', 'common'])
  const queries = useQueryClient()
  const end = async (because: string) => {
    if (!grant) return
    await api.POST('/api/grants/{grant_id}/end', { params: { path: { grant_id: grant.grant_id } }, body: { because } })
    await Promise.all([queries.invalidateQueries({ queryKey: ['grants'] }), queries.invalidateQueries({ queryKey: ['staff'] })])
    toast({ words: t('grant.ended') })
  }
  return (
    <Confirm opened={grant !== null} title={t('grant.end_title')} act={t('grant.end_act')} danger reason onAct={end} onClose={onClose}>
      {grant && t('grant.end_note', { name: grant.name, role: t(`common:role.${grant.role}`) })}
    </Confirm>
  )
}

/** Gives somebody a role. `to`: whom, where that is settled. */
export function Giving({ opened, onClose, to }: { opened: boolean; onClose: () => void; to?: { account_id: number; contractor: boolean } }) {
  const { t } = useTranslation('people')
  return <Modal opened={opened} onClose={onClose} title={t('give.title')} size="lg">{opened && <NewGrant to={to} onDone={onClose} />}</Modal>
}

function NewGrant({ to, onDone }: { to?: { account_id: number; contractor: boolean }; onDone: () => void }) {
  const { t } = useTranslation(['people', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const choices = useChoices()
  const staff = useStaff()
  const rights = useQuery({ queryKey: ['rights'], queryFn: () => got(api.GET('/api/rights')), staleTime: Infinity })
  const [who, setWho] = useState<string | null>(to ? String(to.account_id) : null)
  const [role, setRole] = useState<Role>('viewer')
  const [over, setOver] = useState<'unit' | 'lot' | 'everything'>('unit')
  const [place, setPlace] = useState<string | null>(null)
  const [purposes, setPurposes] = useState<string[]>([])
  const [day, setDay] = useState('')
  const [because, setBecause] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const person = staff.data?.rows.find((each) => String(each.account_id) === who)
  const rules = rights.data?.roles.find((each) => each.role === role)
  const everything = choices.data?.everything ?? false
  const mustEnd = to?.contractor ?? person?.kind === 'contractor'
  const places = (over === 'lot' ? choices.data?.contracts : choices.data?.units) ?? []
  const send = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    const number = place === null ? null : Number(place)
    const body = {
      account_id: Number(who), role, unit_id: over === 'unit' ? number : null, contract_id: over === 'lot' ? number : null,
      purposes: over === 'everything' ? [] : purposes, from_s: 0, to_s: endOf(day), because: because.trim(),
    }
    got(api.POST('/api/grants', { body }))
      .then(async () => {
        await Promise.all([queries.invalidateQueries({ queryKey: ['grants'] }), queries.invalidateQueries({ queryKey: ['staff'] })])
        toast({ words: t('give.done') })
        onDone()
      })
      .catch(setError)
      .finally(() => setBusy(false))
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        {!to && (
          <Select label={t('grant.who')} required searchable value={who} onChange={setWho} data-autofocus
            data={(staff.data?.rows ?? []).filter((each) => each.state !== 'left' && each.account_id !== me.account_id).map((each) => ({ value: String(each.account_id), label: `${each.name} (${each.login})` }))} />
        )}
        <Select label={t('grant.role')} required allowDeselect={false} value={role} onChange={(value) => { if (value) setRole(value as Role); if (over === 'lot') setOver('unit') }}
          description={[rules?.second_factor ? t('give.needs_factor') : '', rules?.verbs.filter((each) => each !== 'be_oneself').map((each) => t(`common:verb.${each}`)).join(', ')].filter(Boolean).join(' ')}
          data={(rights.data?.roles ?? []).map((each) => ({ value: each.role, label: t(`common:role.${each.role}`) }))} />
        {everything && (
          <SegmentedControl aria-label={t('grant.over')} value={over} onChange={(value) => { setOver(value as typeof over); setPlace(null) }}
            data={[{ value: 'unit', label: t('over.unit') }, { value: 'lot', label: t('over.lot'), disabled: !rules?.over_lots }, { value: 'everything', label: t('over.everything') }]} />
        )}
        {over !== 'everything' && (
          <>
            <Select label={over === 'lot' ? t('common:word.contract') : t('common:word.unit')} description={over === 'lot' ? t('give.lot_note') : t('give.unit_note')} required searchable value={place} onChange={setPlace}
              data={places.map((each) => ({ value: String(each.number), label: each.name }))} />
            <MultiSelect label={t('grant.purposes')} description={t('give.purposes_note')} searchable clearable value={purposes} onChange={setPurposes} data={choices.data?.purposes ?? []} />
          </>
        )}
        <TextInput type="date" label={t('add.last_day')} description={mustEnd ? t('add.must_end') : t('add.may_end')} required={mustEnd} value={day} onChange={(event) => setDay(event.currentTarget.value)} />
        <Textarea label={t('common:word.reason')} description={t('give.because_note')} required autosize minRows={2} maxLength={300} value={because} onChange={(event) => setBecause(event.currentTarget.value)} />
        {error !== null && <ProblemNote error={error} />}
        <Button type="submit" loading={busy} disabled={who === null || (over !== 'everything' && place === null)}>{t('give.act')}</Button>
      </Stack>
    </form>
  )
}
