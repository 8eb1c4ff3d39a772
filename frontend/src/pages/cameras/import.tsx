// Reading a sheet in: the dry run with every fault, the good rows written, the faulty ones for their departments, and all of it taken back.
import { Alert, Button, FileButton, Group, Paper, Select, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, problemOf, upload, type Schemas } from '../../shell/api'
import { Count, Instant } from '../../shell/marks'
import { Answer, Confirm, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { toast } from '../../shell/toasts'
import { LeftAlone } from './edit'
import { RegisterNav } from './nav'

type SheetLeft = Schemas['LeftShown']
type Checked = Schemas['SheetChecked']
type Compared = Schemas['SheetCompared']
type Fault = Schemas['FaultShown']
const SYSTEMS = ['wgs84', 'gcj02', 'bd09', 'cgcs2000']
const POLICIES = ['update', 'skip', 'create'] as const
const SHOWN = 200

export function ImportPage() {
  const { t, i18n } = useTranslation(['cameras', 'common'])
  const queries = useQueryClient()
  const [file, setFile] = useState<File | null>(null)
  const [crs, setCrs] = useState<string | null>(null)
  const [unit, setUnit] = useState('')
  const [fresh, setFresh] = useState(false)
  const [policy, setPolicy] = useState<string>('update')
  const [checked, setChecked] = useState<Checked | null>(null)
  const [compared, setCompared] = useState<Compared | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState('')
  const [undoing, setUndoing] = useState<number | null>(null)
  const language = i18n.language === 'en' ? 'en' : 'zh-CN'
  const list = useQuery({ queryKey: ['register', 'imports'], queryFn: () => got(api.GET('/api/register/imports')) })
  const address = (path: string) => `/api/register/${path}?${new URLSearchParams({ name: file?.name ?? '', crs: crs ?? '', unit, ...(fresh ? { new_units: 'true' } : {}), ...(path === 'imports' ? { policy } : {}), ...(path === 'sheets/check' || path === 'sheets/faulty' ? { language } : {}) })}`
  const forget = () => { setChecked(null); setCompared(null); setError(null) }
  const run = async (what: string, act: (sheet: File) => Promise<void>) => {
    if (!file) return
    setBusy(what)
    setError(null)
    try {
      await act(file)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy('')
    }
  }
  const check = () => run('check', async (sheet) => { setCompared(null); setChecked(await upload<Checked>(address('sheets/check'), sheet)) })
  const compare = () => run('compare', async (sheet) => setCompared(await upload<Compared>(address('sheets/compare'), sheet)))
  const commit = () => run('commit', async (sheet) => {
    const done = await upload<Schemas['SheetCommitted']>(address('imports'), sheet)
    toast({ words: t('import.done', { created: done.created, updated: done.updated, parked: done.parked }) })
    forget()
    setFile(null)
    await queries.invalidateQueries({ queryKey: ['register'] })
    await queries.invalidateQueries({ queryKey: ['cameras'] })
  })
  const books = () => run('books', async (sheet) => {
    const answer = await fetch(address('sheets/faulty'), { method: 'POST', body: sheet, headers: { 'content-type': 'application/octet-stream' } })
    if (!answer.ok) throw await problemOf(answer)
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await answer.blob())
    link.download = 'faulty-rows.zip'
    link.click()
    URL.revokeObjectURL(link.href)
  })
  const [left, setLeft] = useState<SheetLeft[]>([])
  const undo = async () => {
    const done = await got(api.POST('/api/register/imports/{number}/undo', { params: { path: { number: undoing as number } } }))
    toast({ words: t('import.undone', { withdrawn: done.withdrawn, restored: done.restored, left: done.left.length }) })
    setLeft(done.left)
    await queries.invalidateQueries({ queryKey: ['register'] })
    await queries.invalidateQueries({ queryKey: ['cameras'] })
  }
  return (
    <>
      <PageHead title={t('import.title')} lead={t('import.lead')} trail={[{ to: '/cameras', title: t('title') }]} />
      <RegisterNav />
      <LeftAlone of={left} />
      <Stack gap="lg">
        <Paper withBorder p="md" component="section" aria-label={t('import.sheet')}>
          <Group gap="sm" align="flex-end">
            <FileButton onChange={(next) => { setFile(next); forget() }} accept=".csv,.xlsx">
              {(props) => <Button {...props} variant="default" leftSection={<Sign name="plus" />}>{file ? file.name : t('import.choose')}</Button>}
            </FileButton>
            <Select label={t('import.crs')} w={170} data={SYSTEMS} value={crs} onChange={(next) => { setCrs(next); forget() }} placeholder={t('import.crs_note')} />
            <TextInput label={t('import.unit')} w={220} maxLength={400} value={unit} onChange={(event) => { setUnit(event.currentTarget.value); forget() }} placeholder={t('import.unit_note')} />
            <Select label={t('import.policy')} w={210} allowDeselect={false} data={POLICIES.map((value) => ({ value, label: t(`import.policies.${value}`) }))} value={policy} onChange={(next) => setPolicy(next ?? 'update')} />
            <Switch label={t('import.fresh')} checked={fresh} onChange={(event) => { setFresh(event.currentTarget.checked); forget() }} />
            <Button onClick={() => void check()} disabled={!file || !crs} loading={busy === 'check'}>{t('import.check')}</Button>
            <Button variant="default" onClick={() => void compare()} disabled={!file || !crs} loading={busy === 'compare'}>{t('import.compare')}</Button>
          </Group>
          {error !== null && <Stack mt="sm"><ProblemNote error={error} /></Stack>}
        </Paper>
        {checked && <DryRun of={checked} busy={busy} onCommit={() => void commit()} onBooks={() => void books()} />}
        {compared && <Beside of={compared} />}
        <Paper withBorder p="md" component="section" aria-label={t('import.past')}>
          <Title order={2} size="h5" mb="xs">{t('import.past')}</Title>
          <Answer of={list} lines={3}>
            {(rows) => rows.length === 0 ? <Empty title={t('import.none')}>{t('import.none_note')}</Empty> : (
              <Wide label={t('import.past')}>
                <Table aria-label={t('import.past')} miw={720}>
                  <Table.Thead><Table.Tr>{['source', 'when', 'by', 'created', 'updated', 'parked'].map((each) => <Table.Th key={each}>{t(`import.column.${each}`)}</Table.Th>)}</Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {rows.map((each) => (
                      <Table.Tr key={each.number}>
                        <Table.Th scope="row">
                          <div className="with-acts">
                            <span>{`#${each.number} ${each.source}`}</span>
                            {each.undone_s === null ? <Button size="compact-sm" variant="default" onClick={() => setUndoing(each.number)}>{t('import.undo')}</Button> : <Text size="sm" c="dimmed">{t('import.was_undone')}</Text>}
                          </div>
                        </Table.Th>
                        <Table.Td><Instant at_s={each.at_s} /></Table.Td><Table.Td>{each.actor}</Table.Td>
                        <Table.Td><Count of={each.created} /></Table.Td><Table.Td><Count of={each.updated} /></Table.Td>
                        <Table.Td>{each.parked > 0 ? <a href={`/api/register/imports/${each.number}/faulty?language=${language}`} download>{t('import.books', { count: each.parked })}</a> : <Count of={0} />}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
            )}
          </Answer>
        </Paper>
      </Stack>
      <Confirm opened={undoing !== null} title={t('import.undo_title', { number: undoing })} act={t('import.undo')} onAct={undo} onClose={() => setUndoing(null)} danger>{t('import.undo_note')}</Confirm>
    </>
  )
}

function DryRun({ of, busy, onCommit, onBooks }: { of: Checked; busy: string; onCommit: () => void; onBooks: () => void }) {
  const { t } = useTranslation('cameras')
  return (
    <Paper withBorder p="md" component="section" aria-label={t('import.dry')}>
      <Title order={2} size="h5" mb="xs">{t('import.dry')}</Title>
      <Group gap="lg" component="dl" className="figures">
        {(['rows', 'good', 'new', 'known', 'parked', 'duplicates'] as const).map((each) => <div key={each}><dt>{t(`import.figure.${each}`)}</dt><dd><Count of={of[each]} /></dd></div>)}
      </Group>
      {Object.keys(of.new_units).length > 0 && <Text size="sm">{t('import.new_units', { names: Object.keys(of.new_units).slice(0, 5).join(', '), count: Object.keys(of.new_units).length })}</Text>}
      {of.faults_count === 0 ? <Alert color="green" variant="light" mt="sm" icon={<Sign name="check" />}>{t('import.faultless')}</Alert> : (
        <>
          <Text size="sm" mt="sm">{t('import.faults', { count: of.faults_count })} {Object.entries(of.by_department).map(([name, n]) => `${name || t('import.nowhere')} ${n}`).slice(0, 6).join(' · ')}</Text>
          <Faults rows={of.faults} label={t('import.faults', { count: of.faults_count })} />
        </>
      )}
      {of.warnings_count > 0 && (
        <details>
          <summary>{t('import.warnings', { count: of.warnings_count })}</summary>
          <Faults rows={of.warnings} label={t('import.warnings', { count: of.warnings_count })} />
        </details>
      )}
      <Group mt="md" gap="xs">
        <Button onClick={onCommit} disabled={!of.may_commit} loading={busy === 'commit'}>{t('import.commit', { count: of.good })}</Button>
        {of.parked > 0 && <Button variant="default" onClick={onBooks} loading={busy === 'books'} leftSection={<Sign name="down_file" />}>{t('import.books', { count: of.parked })}</Button>}
      </Group>
    </Paper>
  )
}

function Faults({ rows, label }: { rows: Fault[]; label: string }) {
  const { t } = useTranslation('cameras')
  const [all, setAll] = useState(false)
  const shown = all ? rows : rows.slice(0, SHOWN)
  return (
    <>
      <Wide label={label}>
        <Table aria-label={label} miw={720} mah={480}>
          <Table.Thead><Table.Tr>{['row', 'column', 'value', 'reason', 'cure'].map((each) => <Table.Th key={each}>{t(`import.column.${each}`)}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>{shown.map((each, at) => <Table.Tr key={at}><Table.Td>{each.row}</Table.Td><Table.Td>{each.column}</Table.Td><Table.Td><code>{each.value}</code></Table.Td><Table.Td>{each.reason}</Table.Td><Table.Td>{each.cure}</Table.Td></Table.Tr>)}</Table.Tbody>
        </Table>
      </Wide>
      {rows.length > shown.length && <Button mt="xs" size="compact-sm" variant="subtle" onClick={() => setAll(true)}>{t('import.show_all', { count: rows.length })}</Button>}
    </>
  )
}

function Beside({ of }: { of: Compared }) {
  const { t } = useTranslation('cameras')
  return (
    <Paper withBorder p="md" component="section" aria-label={t('import.beside')}>
      <Title order={2} size="h5" mb="xs">{t('import.beside')}</Title>
      <Text size="sm" c="dimmed" mb="sm">{t('import.beside_note')}</Text>
      <Group gap="lg" component="dl" className="figures">
        {(['new_count', 'gone_count', 'moved_count', 'told_count', 'filled_count', 'same', 'uncertain'] as const).map((each) => <div key={each}><dt>{t(`import.figure.${each}`)}</dt><dd><Count of={of[each]} /></dd></div>)}
      </Group>
      {of.gone.length > 0 && <Text size="sm">{t('import.gone')} {of.gone.slice(0, 20).map((each) => <Link key={each} href={`/cameras/${each}`} className="spaced">{`#${each}`}</Link>)}</Text>}
      {of.told.length > 0 && (
        <Wide label={t('import.told')}>
          <Table aria-label={t('import.told')} miw={720}>
            <Table.Thead><Table.Tr>{['row', 'camera', 'field', 'register', 'sheet'].map((each) => <Table.Th key={each}>{t(`import.column.${each}`)}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>{of.told.map((each, at) => <Table.Tr key={at}><Table.Td>{each.row}</Table.Td><Table.Td><Link href={`/cameras/${each.point_id}`}>{`#${each.point_id}`}</Link></Table.Td><Table.Td>{each.field}</Table.Td><Table.Td>{each.register_says}{each.is_corrected && ` (${t('import.corrected')})`}</Table.Td><Table.Td>{each.sheet_says}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </Wide>
      )}
    </Paper>
  )
}
