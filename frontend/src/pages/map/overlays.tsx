// Areas of one's own over the map: loaded as GeoJSON, private until shared.
import { ActionIcon, Badge, Button, Checkbox, FileInput, Group, Modal, Select, Stack, Text, TextInput, Tooltip } from '@mantine/core'
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, problemOf, type Schemas } from '../../shell/api'
import { useMe } from '../../shell/me'
import { Empty, ProblemNote } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { useUrlState } from '../../shell/url'
import type { Overlay } from './canvas'

export interface Overlays {
  all: Schemas['MapAreas'][]
  shown: Overlay[]
  hidden: string[]
  setHidden: (hidden: string[]) => void
}

/** The areas there are, and the shapes of those that are not hidden (in the address: ?hide=3,5). */
export function useOverlays(): Overlays {
  const [{ hide }, setHide] = useUrlState({ hide: [] as string[] })
  const found = useQuery({ queryKey: ['map', 'areas'], queryFn: () => got(api.GET('/api/map/areas')) })
  const all = found.data ?? []
  const wanted = all.filter((each) => !hide.includes(String(each.overlay_id)))
  const shapes = useQueries({
    queries: wanted.map((each) => ({
      queryKey: ['map', 'shapes', each.overlay_id],
      staleTime: Infinity,
      queryFn: async () => {
        const answer = await fetch(`/api/map/areas/${each.overlay_id}`)
        if (!answer.ok) throw await problemOf(answer)
        return (await answer.json()) as GeoJSON.FeatureCollection
      },
    })),
  })
  const key = wanted.map((each, at) => `${each.overlay_id}${shapes[at]?.data ? '+' : '-'}`).join()
  const shown = useMemo(
    () => wanted.flatMap((each, at) => (shapes[at]?.data ? [{ overlay_id: each.overlay_id, name: each.name, shapes: shapes[at].data }] : [])),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `wanted` and `shapes` are new at each turn; the key says when they differ
    [key],
  )
  return { all, shown, hidden: hide, setHidden: (hidden) => setHide({ hide: hidden }) }
}

export function OverlayPanel({ overlays }: { overlays: Overlays }) {
  const { t } = useTranslation(['map', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const [opened, setOpened] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const again = () => queries.invalidateQueries({ queryKey: ['map', 'areas'] })
  const act = async (work: Promise<unknown>) => {
    setError(null)
    try {
      await work
      await again()
    } catch (failed) {
      setError(failed)
    }
  }
  const toggle = (id: string) =>
    overlays.setHidden(overlays.hidden.includes(id) ? overlays.hidden.filter((each) => each !== id) : [...overlays.hidden, id])
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)} leftSection={<Sign name="map" size={14} />}>{t('overlays')}</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t('overlays')}>
        <div className="map-overlays">
          <Text size="sm" c="dimmed">{t('overlays_what')}</Text>
          {overlays.all.length === 0 && <Empty title={t('overlay_none')} />}
          <ul>
            {overlays.all.map((each) => (
              <li key={each.overlay_id}>
                <Checkbox label={each.name} aria-label={t('overlay_show', { name: each.name })} checked={!overlays.hidden.includes(String(each.overlay_id))} onChange={() => toggle(String(each.overlay_id))} />
                <Group gap={6}>
                  <Badge variant="light" color="gray">{each.is_shared ? t('overlay_shared') : t('overlay_private')}</Badge>
                  {each.is_own && !each.is_shared && me.may('set') && (
                    <Button size="compact-xs" variant="default" onClick={() => void act(api.POST('/api/map/areas/{overlay_id}/share', { params: { path: { overlay_id: each.overlay_id } } }))}>{t('overlay_share')}</Button>
                  )}
                  {each.is_own && (
                    <Tooltip label={t('overlay_remove', { name: each.name })}>
                      <ActionIcon variant="subtle" color="gray" aria-label={t('overlay_remove', { name: each.name })} onClick={() => void act(api.DELETE('/api/map/areas/{overlay_id}', { params: { path: { overlay_id: each.overlay_id } } }))}><Sign name="close" /></ActionIcon>
                    </Tooltip>
                  )}
                </Group>
              </li>
            ))}
          </ul>
          <Loader onDone={again} />
          {error !== null && <ProblemNote error={error} />}
        </div>
      </Modal>
    </>
  )
}

function Loader({ onDone }: { onDone: () => Promise<unknown> }) {
  const { t } = useTranslation('map')
  const [name, setName] = useState('')
  const [crs, setCrs] = useState<string | null>(null)
  const [file, setFile] = useState<File | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const load = async () => {
    if (!file || !crs) return
    setBusy(true)
    setError(null)
    try {
      const answer = await fetch(`/api/map/areas?${new URLSearchParams({ name: name.trim(), crs })}`, { method: 'POST', body: file, headers: { 'content-type': 'application/geo+json' } })
      if (!answer.ok) throw await problemOf(answer)
      setName('')
      setFile(null)
      await onDone()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => { event.preventDefault(); void load() }}>
      <Stack gap="xs">
        <FileInput label={t('overlay_file')} accept=".geojson,.json,application/geo+json" value={file} required clearable
          onChange={(next) => { setFile(next); if (next && !name) setName(next.name.replace(/\.[^.]+$/, '')) }} />
        <TextInput label={t('overlay_name')} value={name} required maxLength={100} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label={t('overlay_crs')} required value={crs} onChange={setCrs} data={[{ value: 'wgs84', label: 'WGS-84' }, { value: 'cgcs2000', label: 'CGCS2000' }, { value: 'gcj02', label: 'GCJ-02' }, { value: 'bd09', label: 'BD-09' }]} />
        {error !== null && <ProblemNote error={error} />}
        <Button type="submit" loading={busy} disabled={!file || !crs || !name.trim()}>{t('overlay_add')}</Button>
      </Stack>
    </form>
  )
}
