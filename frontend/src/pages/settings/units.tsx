// The organisation: a tree whose units are added, renamed and moved. Cameras and past days follow.
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { Answer, Empty, ProblemNote } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { Part } from './part'

type Unit = Schemas['UnitEntry']
type Doing = { what: 'add' | 'rename' | 'move'; unit: Unit }

export function Units() {
  const { t } = useTranslation(['settings', 'common'])
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['settings', 'units'], queryFn: () => got(api.GET('/api/settings/units')) })
  const [doing, setDoing] = useState<Doing | null>(null)
  const [wanted, setWanted] = useState('')
  const done = () => {
    setDoing(null)
    void queries.invalidateQueries({ queryKey: ['settings', 'units'] })
  }
  return (
    <Answer of={found}>
      {(units) => {
        const below = withBelow(units)
        return (
        <Part title={t('units.title', { count: units.length })} note={t('units.note')}>
          <TextInput label={t('units.find')} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} maw={320} mb="sm" />
          {units.length === 0 ? <Empty title={t('units.none')} /> : (
            <ul className="settings-tree">
              {units.filter((unit) => `${unit.path} ${unit.code}`.toLowerCase().includes(wanted.trim().toLowerCase())).map((unit) => (
                <li key={unit.unit_id} style={{ paddingInlineStart: wanted ? 0 : Math.min(unit.depth, 6) * 20 }}>
                  <div className="settings-name">
                    <strong>{wanted ? unit.path : unit.name}</strong>
                    <div className="settings-facts">
                      <span>{t(`units.kind.${unit.kind}`)}</span>
                      {unit.code && <span>{unit.code}</span>}
                      <Link href={`/cameras?unit=${unit.unit_id}`}>{t('units.cameras', { count: below.get(unit.unit_id) ?? 0 })}</Link>
                      <span>{unit.accepted_from_s === null ? t('units.not_accepted') : <>{t('units.accepted')} <Instant at_s={unit.accepted_from_s} form="day" /></>}</span>
                    </div>
                  </div>
                  <Group gap={4}>
                    <Button size="compact-sm" variant="default" aria-label={t('units.add_below', { name: unit.name })} onClick={() => setDoing({ what: 'add', unit })}>{t('units.add')}</Button>
                    <Button size="compact-sm" variant="default" aria-label={t('units.rename_one', { name: unit.name })} onClick={() => setDoing({ what: 'rename', unit })}>{t('units.rename')}</Button>
                    {unit.parent_id !== null && <Button size="compact-sm" variant="default" aria-label={t('units.move_one', { name: unit.name })} onClick={() => setDoing({ what: 'move', unit })}>{t('units.move')}</Button>}
                  </Group>
                </li>
              ))}
            </ul>
          )}
          <Modal opened={doing !== null} onClose={() => setDoing(null)} title={doing ? t(`units.${doing.what}_one`, { name: doing.unit.name }) : ''}>
            {doing && <UnitForm doing={doing} units={units} onDone={done} />}
          </Modal>
        </Part>
        )
      }}
    </Answer>
  )
}

/** How many cameras each unit has with all below it; parents stand before their children. */
export function withBelow(units: Pick<Unit, 'unit_id' | 'parent_id' | 'cameras'>[]): Map<number, number> {
  const sums = new Map<number, number>(units.map((each) => [each.unit_id, each.cameras]))
  for (const each of [...units].reverse()) {
    if (each.parent_id !== null && sums.has(each.parent_id)) sums.set(each.parent_id, (sums.get(each.parent_id) ?? 0) + (sums.get(each.unit_id) ?? 0))
  }
  return sums
}

function UnitForm({ doing: { what, unit }, units, onDone }: { doing: Doing; units: Unit[]; onDone: () => void }) {
  const { t } = useTranslation(['settings', 'shell'])
  const [name, setName] = useState(what === 'rename' ? unit.name : '')
  const [kind, setKind] = useState<'region' | 'department' | 'lot'>('region')
  const [code, setCode] = useState('')
  const [to, setTo] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const path = { path: { unit_id: unit.unit_id } }
  const ask = () => {
    if (what === 'add') return got(api.POST('/api/settings/units', { body: { parent_id: unit.unit_id, name, kind, code, level: '', tz: '' } }))
    if (what === 'rename') return got(api.POST('/api/settings/units/{unit_id}/name', { params: path, body: { name } }))
    return got(api.POST('/api/settings/units/{unit_id}/parent', { params: path, body: { parent_id: Number(to) } }))
  }
  const send = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    ask().then((made) => { toast({ words: t(`units.done_${what}`, { path: made.path }) }); onDone() }).catch(setError).finally(() => setBusy(false))
  }
  const isBelow = (each: Unit) => each.path === unit.path || each.path.startsWith(`${unit.path}/`)
  const places = units.filter((each) => !isBelow(each)).map((each) => ({ value: String(each.unit_id), label: each.path }))
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        {what !== 'move' && <TextInput label={t('units.name')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />}
        {what === 'add' && (
          <>
            <Select label={t('units.kind.label')} value={kind} allowDeselect={false} onChange={(next) => setKind((next ?? 'region') as typeof kind)}
              data={(['region', 'department', 'lot'] as const).map((each) => ({ value: each, label: t(`units.kind.${each}`) }))} />
            <TextInput label={t('units.code')} description={t('units.code_note')} maxLength={40} value={code} onChange={(event) => setCode(event.currentTarget.value)} />
          </>
        )}
        {what === 'move' && <Select label={t('units.to')} description={t('units.move_note')} required searchable data={places} value={to} onChange={setTo} />}
        {error !== null && <ProblemNote error={error} />}
        <Group justify="flex-end"><Button type="submit" loading={busy} disabled={what === 'move' ? to === null : !name.trim()}>{t(`units.${what}`)}</Button></Group>
      </Stack>
    </form>
  )
}
