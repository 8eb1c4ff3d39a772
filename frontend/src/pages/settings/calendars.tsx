// Working hours with holidays and make-up days, and guarantee periods in which clocks are tighter.
import { Badge, Button, Checkbox, FileButton, Group, Modal, NumberInput, Select, Stack, Table, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, upload, type Schemas } from '../../shell/api'
import { day, dayNumber, zoneShown } from '../../shell/format'
import { Instant, Length, useNow } from '../../shell/marks'
import { Answer, Confirm, Empty, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { Part } from './part'

type Calendar = Schemas['CalendarEntry']
type Guarantee = Schemas['GuaranteeEntry']

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const KEY = ['settings', 'calendars']

export function Calendars() {
  const { t } = useTranslation('settings')
  const found = useQuery({ queryKey: KEY, queryFn: () => got(api.GET('/api/settings/calendars')) })
  const [making, setMaking] = useState(false)
  return (
    <>
      <Part title={t('calendars.title')} note={t('calendars.note')} acts={<Button size="compact-sm" onClick={() => setMaking(true)}>{t('calendars.make')}</Button>}>
        <Answer of={found} lines={4}>
          {(lines) => lines.length === 0
            ? <Empty title={t('calendars.none')} act={<Button onClick={() => setMaking(true)}>{t('calendars.make')}</Button>}>{t('calendars.none_note')}</Empty>
            : <Stack gap="md">{lines.map((line) => <One key={line.name} line={line} />)}</Stack>}
        </Answer>
      </Part>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('calendars.make')}>{making && <CalendarForm onDone={() => setMaking(false)} />}</Modal>
      <Guarantees />
    </>
  )
}

function clock(second: number): string {
  return `${String(Math.floor(second / 3600)).padStart(2, '0')}:${String(Math.floor((second % 3600) / 60)).padStart(2, '0')}`
}

function One({ line }: { line: Calendar }) {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const now_s = useNow(60)
  const year = line.years.at(-1)?.year ?? new Date(now_s * 1000).getFullYear()
  const [shown, setShown] = useState<number | null>(null)
  const [into, setInto] = useState<number>(line.lacks_year ?? year)
  const [error, setError] = useState<unknown>(null)
  const days = useQuery({
    queryKey: [...KEY, line.name, shown], enabled: shown !== null,
    queryFn: () => got(api.GET('/api/settings/calendars/{name}/{year}', { params: { path: { name: line.name, year: shown as number } } })),
  })
  const load = (file: File | null) => {
    if (!file) return
    setError(null)
    upload<Schemas['Reckoned']>(`/api/settings/calendars/${encodeURIComponent(line.name)}/${into}?file=${encodeURIComponent(file.name)}`, file)
      .then((done) => {
        toast({ words: t('calendars.loaded', { count: done.days }) })
        void queries.invalidateQueries({ queryKey: KEY })
      })
      .catch(setError)
  }
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Text fw={600}>{line.name}</Text>
        <Text size="sm" c="dimmed">{line.tz}</Text>
        {line.lacks_year !== null && <Badge color="orange" variant="light">{t('calendars.lacks', { year: line.lacks_year })}</Badge>}
      </Group>
      <dl className="settings-week">
        {WEEKDAYS.map((name, at) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{t(`calendars.day.${name}`)}</dt>
            <dd>{line.hours[at]?.map((each) => `${clock(each.from_s)}–${clock(each.to_s)}`).join(', ') || t('calendars.free')}</dd>
          </div>
        ))}
      </dl>
      <Group gap="xs" align="flex-end">
        {line.years.map((each) => (
          <Button key={each.year} size="compact-sm" variant={shown === each.year ? 'filled' : 'default'} aria-expanded={shown === each.year} onClick={() => setShown(shown === each.year ? null : each.year)}>
            {t('calendars.year', { year: each.year, count: each.days })}
          </Button>
        ))}
        <NumberInput label={t('calendars.into')} size="xs" w={90} min={2000} max={2100} value={into} onChange={(next) => setInto(Number(next) || into)} />
        <FileButton onChange={load} accept=".csv,text/csv">{(props) => <Button {...props} size="xs" variant="default">{t('calendars.load')}</Button>}</FileButton>
      </Group>
      <Text size="xs" c="dimmed">{t('calendars.load_note')}</Text>
      {error !== null && <ProblemNote error={error} />}
      {shown !== null && (
        <Answer of={days} lines={2}>
          {(rows) => (
            <Group gap="xs" component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
              {rows.map((each) => <li key={each.day}><Badge variant="light" color={each.is_work ? 'blue' : 'gray'}>{day(dayNumber(each.day))} {t(each.is_work ? 'calendars.work' : 'calendars.holiday')}</Badge></li>)}
            </Group>
          )}
        </Answer>
      )}
    </Stack>
  )
}

function CalendarForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [hours, setHours] = useState('Mon-Fri 08:30-12:00,13:30-17:30')
  const [error, setError] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    got(api.POST('/api/settings/calendars', { body: { name, hours, tz: '' } }))
      .then(() => { toast({ words: t('calendars.made', { name }) }); void queries.invalidateQueries({ queryKey: KEY }); onDone() })
      .catch(setError)
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <TextInput label={t('calendars.name')} required maxLength={40} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <TextInput label={t('calendars.hours')} description={t('calendars.hours_note')} required value={hours} onChange={(event) => setHours(event.currentTarget.value)} />
        {error !== null && <ProblemNote error={error} />}
        <Group justify="flex-end"><Button type="submit">{t('calendars.save')}</Button></Group>
      </Stack>
    </form>
  )
}

function Guarantees() {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['settings', 'guarantees'], queryFn: () => got(api.GET('/api/settings/guarantees')) })
  const [entering, setEntering] = useState(false)
  const [ending, setEnding] = useState<Guarantee | null>(null)
  const again = () => queries.invalidateQueries({ queryKey: ['settings', 'guarantees'] })
  const end = async (reason: string) => {
    if (!ending) return
    await got(api.POST('/api/settings/guarantees/{guarantee_id}/end', { params: { path: { guarantee_id: ending.guarantee_id } }, body: { reason, wholly: false } }))
    await again()
  }
  const now_s = useNow(60)
  return (
    <Part title={t('guarantees.title')} note={t('guarantees.note')} acts={<Button size="compact-sm" onClick={() => setEntering(true)}>{t('guarantees.enter')}</Button>}>
      <Answer of={found} lines={3}>
        {(rows) => rows.length === 0 ? <Empty title={t('guarantees.none')} act={<Button variant="default" onClick={() => setEntering(true)}>{t('guarantees.enter')}</Button>} /> : (
          <Wide label={t('guarantees.title')}>
            <Table aria-label={t('guarantees.title')} miw={720}>
              <Table.Thead><Table.Tr><Table.Th>{t('guarantees.name')}</Table.Th><Table.Th>{t('guarantees.from')}</Table.Th><Table.Th>{t('guarantees.to')}</Table.Th><Table.Th>{t('guarantees.clocks')}</Table.Th><Table.Th>{t('guarantees.cameras')}</Table.Th><Table.Th>{t('guarantees.state')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {rows.map((each) => (
                  <Table.Tr key={each.guarantee_id}>
                    <Table.Td>{each.name}<br /><span className="dim">{each.document}</span></Table.Td>
                    <Table.Td><Instant at_s={each.from_s} /></Table.Td>
                    <Table.Td><Instant at_s={each.to_s} /></Table.Td>
                    <Table.Td><Length length_s={each.respond_s} /> / <Length length_s={each.restore_s} /></Table.Td>
                    <Table.Td>{each.points}{each.freezes_works && <><br /><span className="dim">{t('guarantees.freezes')}</span></>}</Table.Td>
                    <Table.Td>
                      {each.revoked_s !== null ? t('guarantees.ended') : each.to_s <= now_s ? t('guarantees.over') : (
                        <Button size="compact-sm" variant="default" aria-label={t('guarantees.end_one', { name: each.name })} onClick={() => setEnding(each)}>{t('guarantees.end')}</Button>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Answer>
      <Modal opened={entering} onClose={() => setEntering(false)} title={t('guarantees.enter')}>{entering && <GuaranteeForm onDone={() => { setEntering(false); void again() }} />}</Modal>
      <Confirm opened={ending !== null} title={t('guarantees.end_one', { name: ending?.name ?? '' })} act={t('guarantees.end')} danger reason onAct={end} onClose={() => setEnding(null)}>{t('guarantees.end_note')}</Confirm>
    </Part>
  )
}

/** UTC seconds of what a field of date and hour says on the installation's wall clock. */
export function atWall(said: string, zone: string): number {
  const asUtc = Date.parse(`${said}:00Z`) / 1000
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(new Date(asUtc * 1000))
  return asUtc - (Date.parse(`${shown.replace(' ', 'T')}Z`) / 1000 - asUtc)
}

function GuaranteeForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('settings')
  const units = useQuery({ queryKey: ['settings', 'units'], queryFn: () => got(api.GET('/api/settings/units')) })
  const [name, setName] = useState('')
  const [document, setDocument] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [respond, setRespond] = useState(30)
  const [restore, setRestore] = useState(2)
  const [unit, setUnit] = useState<string | null>(null)
  const [freezes, setFreezes] = useState(true)
  const [error, setError] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    const zone = zoneShown()
    const body = { name, document, from_s: atWall(from, zone), to_s: atWall(to, zone), respond_s: respond * 60, restore_s: restore * 3600, unit_id: Number(unit), codes: [], freezes_works: freezes }
    got(api.POST('/api/settings/guarantees', { body }))
      .then((made) => { toast({ words: t('guarantees.entered', { count: made.points }) }); onDone() })
      .catch(setError)
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <TextInput label={t('guarantees.name')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <TextInput label={t('guarantees.document')} required maxLength={100} value={document} onChange={(event) => setDocument(event.currentTarget.value)} />
        <TextInput type="datetime-local" label={t('guarantees.from')} required value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput type="datetime-local" label={t('guarantees.to')} required value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <NumberInput label={t('guarantees.respond')} min={1} value={respond} onChange={(next) => setRespond(Number(next) || 1)} />
        <NumberInput label={t('guarantees.restore')} min={1} value={restore} onChange={(next) => setRestore(Number(next) || 1)} />
        <Select label={t('guarantees.unit')} required searchable data={(units.data ?? []).map((each) => ({ value: String(each.unit_id), label: each.path }))} value={unit} onChange={setUnit} />
        <Checkbox label={t('guarantees.freezes')} checked={freezes} onChange={(event) => setFreezes(event.currentTarget.checked)} />
        {error !== null && <ProblemNote error={error} />}
        <Group justify="flex-end"><Button type="submit" disabled={!unit}>{t('guarantees.enter')}</Button></Group>
      </Stack>
    </form>
  )
}
