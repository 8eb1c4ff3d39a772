// Many cameras changed at once: which values, what that does to each, why; and one's own changes, to be taken back.
import { Alert, Autocomplete, Button, Group, Modal, MultiSelect, Select, Stack, Table, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { Count, Instant } from '../../shell/marks'
import { Answer, Confirm, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { toast } from '../../shell/toasts'
import { RegisterNav } from './nav'

type Plan = Schemas['EditChecked']
type Left = { point_id: number; name: string; why: string }
/** cameras of one edit: what the server takes */
export const EDIT_MAX = 2_000
const SHOWN = 100
const DATES = ['lease_until', 'warranty_until', 'install_date']
const CHOICES: Record<string, string[]> = { klass: ['1', '2', '3'], night_only: ['yes', 'no'], passive_only: ['yes', 'no'], permit: ['none', 'lane', 'possession'] }
const FIELDS = [
  'unit', 'klass', 'managing_unit', 'site', 'zone', 'uplink', 'switch', 'feeder', 'pole', 'permit', 'night_only', 'passive_only', 'picture_period_min',
  'budget_mb_month', 'retention_days', 'lease_until', 'make', 'model', 'warranty_until', 'install_date',
]

/** Changes the cameras that are picked. units: paths that can be offered. */
export function EditMany({ cameras, units, onClose, onDone }: { cameras: number[]; units: string[]; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation('cameras')
  return (
    <Modal opened onClose={onClose} size="xl" title={t('edit.title', { count: cameras.length })}>
      <EditForm cameras={cameras} units={units} onDone={onDone} />
    </Modal>
  )
}

function EditForm({ cameras, units, onDone }: { cameras: number[]; units: string[]; onDone: () => void }) {
  const { t } = useTranslation('cameras')
  const queries = useQueryClient()
  const [fields, setFields] = useState<string[]>([])
  const [said, setSaid] = useState<Record<string, string>>({})
  const [reason, setReason] = useState('')
  const [plan, setPlan] = useState<Plan | null>(null)
  const [error, setError] = useState<unknown>(null)
  const values = Object.fromEntries(fields.map((each) => [each, said[each] ?? '']))
  const say = (field: string, value: string) => {
    setSaid({ ...said, [field]: value })
    setPlan(null)
  }
  const check = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    got(api.POST('/api/register/edits/check', { body: { cameras, values } })).then(setPlan).catch(setError)
  }
  const commit = (event: FormEvent) => {
    event.preventDefault()
    if (!plan) return
    setError(null)
    const seen = plan.changes.map(({ point_id, revision }) => ({ point_id, revision }))
    got(api.POST('/api/register/edits', { body: { cameras: seen, values, reason } }))
      .then((done) => {
        toast({ words: t('edit.done', { count: done.changed, left: done.refused.length }) })
        void queries.invalidateQueries({ queryKey: ['cameras'] })
        void queries.invalidateQueries({ queryKey: ['register'] })
        onDone()
      })
      .catch(setError)
  }
  return (
    <Stack gap="md">
      <form onSubmit={check}>
        <Stack gap="sm">
          <MultiSelect label={t('edit.which')} required searchable data-autofocus value={fields} data={FIELDS.map((value) => ({ value, label: t(`field.${value}`) }))}
            onChange={(next) => { setFields(next); setPlan(null) }} />
          {fields.map((each) => <ValueInput key={each} field={each} value={said[each] ?? ''} units={units} onSay={(value) => say(each, value)} />)}
          <Group justify="flex-end"><Button type="submit" variant={plan ? 'default' : 'filled'} disabled={fields.length === 0}>{t('edit.preview')}</Button></Group>
        </Stack>
      </form>
      {error !== null && <ProblemNote error={error} />}
      {plan && (
        <form onSubmit={commit}>
          <Stack gap="sm">
            <p className="edit-figures" role="status">
              <strong>{t('edit.changes', { count: plan.changes.length })}</strong><span>{t('edit.same', { count: plan.same })}</span><span>{t('edit.left', { count: plan.refused.length })}</span>
            </p>
            <LeftAlone of={plan.refused} />
            {plan.changes.length > 0 && (
              <>
                <Changes of={plan} />
                <TextInput label={t('edit.reason')} description={t('edit.reason_note')} required maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
                <Group justify="flex-end"><Button type="submit">{t('edit.commit', { count: plan.changes.length })}</Button></Group>
              </>
            )}
          </Stack>
        </form>
      )}
    </Stack>
  )
}

function ValueInput({ field, value, units, onSay }: { field: string; value: string; units: string[]; onSay: (value: string) => void }) {
  const { t } = useTranslation('cameras')
  const label = t(`field.${field}`)
  const choices = CHOICES[field]
  if (choices) {
    return <Select label={label} clearable={field !== 'klass'} value={value || null} onChange={(next) => onSay(next ?? '')} placeholder={t('edit.empty')}
      data={choices.map((each) => ({ value: each, label: field === 'klass' ? t(`common:class.${each}`) : t(`edit.choice.${each}`) }))} />
  }
  if (field === 'unit') return <Autocomplete label={label} description={t('edit.unit_note')} value={value} onChange={onSay} data={units} maxLength={400} required />
  return <TextInput label={label} type={DATES.includes(field) ? 'date' : 'text'} value={value} maxLength={400} placeholder={t('edit.empty')} onChange={(event) => onSay(event.currentTarget.value)} />
}

function Changes({ of }: { of: Plan }) {
  const { t } = useTranslation('cameras')
  const lines = of.changes.flatMap((each) => Object.keys(each.after).map((field) => ({ key: `${each.point_id} ${field}`, name: each.name, field, before: each.before[field], after: each.after[field] })))
  return (
    <Wide label={t('edit.preview')}>
      <Table aria-label={t('edit.preview')} miw={420}>
        <Table.Thead><Table.Tr>{['camera', 'field', 'before', 'after'].map((each) => <Table.Th key={each}>{t(`edit.column.${each}`)}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {lines.slice(0, SHOWN).map((each) => (
            <Table.Tr key={each.key}><Table.Td>{each.name}</Table.Td><Table.Td>{t(`field.${each.field}`)}</Table.Td><Table.Td><Value of={each.before} /></Table.Td><Table.Td><Value of={each.after} /></Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {lines.length > SHOWN && <Text size="sm" c="dimmed">{t('edit.more', { count: lines.length - SHOWN })}</Text>}
    </Wide>
  )
}

function Value({ of }: { of: string | undefined }) {
  const { t } = useTranslation('cameras')
  return of ? <>{of}</> : <span className="dim">{t('edit.nothing')}</span>
}

/** The cameras that an act left alone, each with why. */
export function LeftAlone({ of }: { of: Left[] }) {
  const { t } = useTranslation('cameras')
  if (of.length === 0) return null
  return (
    <Alert color="orange" variant="light" icon={<Sign name="fault" />} title={t('edit.left', { count: of.length })}>
      <ul className="wrong">
        {of.slice(0, SHOWN).map((each) => <li key={each.point_id}><Link href={`/cameras/${each.point_id}`}>{each.name || `#${each.point_id}`}</Link> {t(`edit.why.${each.why}`)}</li>)}
      </ul>
      {of.length > SHOWN && <Text size="sm">{t('edit.more', { count: of.length - SHOWN })}</Text>}
    </Alert>
  )
}

/** One's own changes of many cameras, the newest first. */
export function EditsPage() {
  const { t } = useTranslation('cameras')
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['register', 'edits'], queryFn: () => got(api.GET('/api/register/edits')) })
  const [undoing, setUndoing] = useState<number | null>(null)
  const [left, setLeft] = useState<Left[]>([])
  const undo = async () => {
    const done = await got(api.POST('/api/register/edits/{number}/undo', { params: { path: { number: undoing ?? 0 } } }))
    toast({ words: t('edit.undone', { count: done.restored, left: done.left.length }) })
    setLeft(done.left)
    setUndoing(null)
    await queries.invalidateQueries({ queryKey: ['register'] })
    await queries.invalidateQueries({ queryKey: ['cameras'] })
  }
  return (
    <>
      <PageHead title={t('edit.page')} lead={t('edit.lead')} trail={[{ to: '/cameras', title: t('title') }]} />
      <RegisterNav />
      <LeftAlone of={left} />
      <Answer of={found} lines={4}>
        {(rows) => rows.length === 0 ? <Empty title={t('edit.none')} act={<Button component={Link} href="/cameras">{t('nav.list')}</Button>}>{t('edit.none_note')}</Empty> : (
          <Wide label={t('edit.page')}>
            <Table aria-label={t('edit.page')} miw={480}>
              <Table.Thead><Table.Tr><Table.Th>{t('import.column.when')}</Table.Th><Table.Th>{t('edit.reason')}</Table.Th><Table.Th ta="right">{t('import.column.updated')}</Table.Th><Table.Th aria-label={t('import.undo')} /></Table.Tr></Table.Thead>
              <Table.Tbody>
                {rows.map((each) => (
                  <Table.Tr key={each.number}>
                    <Table.Td><Instant at_s={each.at_s} /></Table.Td><Table.Td>{each.reason}</Table.Td><Table.Td ta="right"><Count of={each.changed} /></Table.Td>
                    <Table.Td>{each.undone_s === null ? <Button size="compact-sm" variant="default" onClick={() => setUndoing(each.number)}>{t('import.undo')}</Button> : <Text size="sm" c="dimmed">{t('import.was_undone')}</Text>}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Answer>
      <Confirm opened={undoing !== null} title={t('edit.undo_title')} act={t('import.undo')} onAct={undo} onClose={() => setUndoing(null)} danger>{t('import.undo_note')}</Confirm>
    </>
  )
}
