// The map of the cameras, and the same cameras as a list: one filter, in the address.
import { ActionIcon, Button, Chip, Group, SegmentedControl, Select, TextInput, Tooltip } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { CopyButton } from '../../shell/copy'
import { api, got, type Schemas } from '../../shell/api'
import { useLive } from '../../shell/live'
import { Count, Instant, StateMark } from '../../shell/marks'
import { Answer, Empty, PageHead } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { DataTable, usePages, type Column } from '../../shell/table'
import { useUrlState } from '../../shell/url'
import { MapCanvas, type Query, type Window } from './canvas'
import { CameraCard, Reason } from './card'
import { SYSTEM_NAMES, SYSTEMS, told, type Pair, type System } from './geo'
import { STATES, WORRY } from './marks'
import { OverlayPanel, useOverlays } from './overlays'
import './map.css'

type Row = Schemas['MapCamera']
type Hit = Schemas['SearchHit']

const BLANK = { state: [] as string[], klass: '', unit: 0, q: '', camera: 0, as: 'map', here: false, crs: 'wgs84' }

export default function MapPage() {
  const { t } = useTranslation(['map', 'common'])
  const queries = useQueryClient()
  const [filters, setFilters] = useUrlState(BLANK)
  const [window, setWindow] = useState<Window | null>(null)
  const [middle, setMiddle] = useState<Pair | null>(null)
  const [to, setTo] = useState<{ place: Pair } | null>(null)
  const query = useMemo<Query>(() => ({
    ...(filters.state.length ? { state: filters.state.join(',') } : {}),
    ...(filters.klass ? { klass: filters.klass } : {}),
    ...(filters.unit ? { unit: filters.unit } : {}),
    ...(filters.q ? { q: filters.q } : {}),
  }), [filters.state, filters.klass, filters.unit, filters.q])
  const totals = useQuery({ queryKey: ['map', 'totals', query], queryFn: () => got(api.GET('/api/map', { params: { query } })), placeholderData: (before) => before })
  const base = useQuery({ queryKey: ['map', 'base'], queryFn: () => got(api.GET('/api/map/base')), staleTime: Infinity })
  const overlays = useOverlays()
  useLive(['cameras'], () => void queries.invalidateQueries({ queryKey: ['map', 'totals'] }))
  const isList = filters.as === 'list'
  const pick = (camera: number | null) => setFilters({ camera: camera ?? 0 })
  const fly = (place: Pair) => {
    setFilters({ as: 'map' })
    setTo({ place })
  }
  return (
    <div className="map-page">
      <PageHead
        title={t('title')}
        acts={
          <>
            <OverlayPanel overlays={overlays} />
            <SegmentedControl size="xs" aria-label={t('as')} value={filters.as} onChange={(as) => setFilters({ as })}
              data={[{ value: 'map', label: t('as_map') }, { value: 'list', label: t('as_list') }]} />
          </>
        }
      />
      <div className="map-tools" role="search" aria-label={t('filter')}>
        <Finder onHit={(hit) => {
          if (hit.kind === 'camera') {
            pick(hit.id)
            if (hit.lon !== null && hit.lat !== null) setTo({ place: [hit.lon, hit.lat] })
          } else if (hit.kind === 'unit') setFilters({ unit: hit.id })
        }} />
        <Group gap={6} role="group" aria-label={t('common:word.state')}>
          <Chip.Group multiple value={filters.state} onChange={(state) => setFilters({ state })}>
            {WORRY.map((each) => (
              <Chip key={each} value={each} size="xs" variant="outline">
                <span className="map-chip"><StateMark state={each} /><Count of={totals.data && (!filters.state.length || filters.state.includes(each)) ? totals.data.states[each] : null} /></span>
              </Chip>
            ))}
          </Chip.Group>
        </Group>
        <Select size="xs" w={120} clearable aria-label={t('common:word.class')} placeholder={t('common:word.class')} value={filters.klass || null}
          onChange={(klass) => setFilters({ klass: klass ?? '' })} data={['1', '2', '3'].map((each) => ({ value: each, label: t(`common:class.${each}`, { defaultValue: each }) }))} />
        {filters.unit > 0 && <Button size="compact-xs" variant="light" onClick={() => setFilters({ unit: 0 })} rightSection={<Sign name="close" size={12} />}>{t('one_unit')}</Button>}
        {Object.keys(query).length > 0 && <Button size="compact-xs" variant="subtle" onClick={() => setFilters({ state: [], klass: '', unit: 0, q: '' })}>{t('all')}</Button>}
      </div>
      <Answer of={totals}>
        {(found) => {
          const drawn = STATES.reduce((sum, each) => sum + found.states[each], 0)
          if (found.window === null && found.without_place === 0 && Object.keys(query).length === 0) {
            return <Empty title={t('none')} act={<NextStep />}>{t('none_what')}</Empty>
          }
          return (
            <div className="map-body" data-as={filters.as} data-card={filters.camera > 0 || undefined}>
              <div className="map-stage" hidden={isList}>
                {base.data && (
                  <MapCanvas query={query} mode={found.mode === 'rings' ? 'rings' : 'points'} start={found.window} picked={filters.camera || null} overlays={overlays.shown} base={base.data}
                    to={to} onPick={pick} onMoved={(next, center) => { setWindow(next); setMiddle(center) }} />
                )}
                <Readout place={middle} system={filters.crs as System} onSystem={(crs) => setFilters({ crs })} />
              </div>
              {isList && <Twin query={query} here={filters.here} window={window} onHere={(here) => setFilters({ here })} />}
              {filters.camera > 0 && <CameraCard point_id={filters.camera} onClose={() => pick(null)} onFly={fly} />}
              <p className="map-note" role="status">
                {t('drawn', { count: drawn })}{found.without_place > 0 && <> {t('without_place', { count: found.without_place })}</>}
              </p>
            </div>
          )
        }}
      </Answer>
    </div>
  )
}

function NextStep() {
  const { t } = useTranslation('map')
  const [, go] = useLocation()
  return <Button onClick={() => go('/cameras/import')}>{t('import')}</Button>
}

/** Finds a camera or a unit and goes there. */
function Finder({ onHit }: { onHit: (hit: Hit) => void }) {
  const { t } = useTranslation('map')
  const [words, setWords] = useState('')
  const asked = words.trim()
  const found = useQuery({
    queryKey: ['search', 'map', asked],
    queryFn: () => got(api.GET('/api/search', { params: { query: { q: asked, limit: 20 } } })),
    enabled: asked.length > 0,
    placeholderData: (before) => before,
  })
  const hits = (asked ? (found.data?.rows ?? []) : []).filter((each) => each.kind !== 'ticket')
  return (
    <div className="map-finder">
      <TextInput size="xs" type="search" aria-label={t('search')} placeholder={t('search_hint')} leftSection={<Sign name="search" size={14} />} value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Escape') setWords('')
          if (event.key === 'Enter' && hits[0]) {
            onHit(hits[0])
            setWords('')
          }
        }} />
      {asked && (
        <ul className="map-hits" aria-label={t('hits')}>
          {hits.map((each) => (
            <li key={`${each.kind} ${each.id}`}>
              <button type="button" onClick={() => { onHit(each); setWords('') }}>
                {each.state ? <StateMark state={each.state} short /> : <Sign name="settings" />}<span>{each.title}</span><small>{each.note}</small>
              </button>
            </li>
          ))}
          {found.data && hits.length === 0 && <li className="dim">{t('no_hits')}</li>}
        </ul>
      )}
    </div>
  )
}

/** Where the middle of the map is, in the system that is wished, to be copied. */
function Readout({ place, system, onSystem }: { place: Pair | null; system: System; onSystem: (system: System) => void }) {
  const { t } = useTranslation('map')
  const shown = SYSTEMS.includes(system) ? system : 'wgs84'
  if (!place) return null
  return (
    <div className="map-readout">
      <select aria-label={t('system')} value={shown} onChange={(event) => onSystem(event.currentTarget.value as System)}>
        {SYSTEMS.map((each) => <option key={each} value={each}>{SYSTEM_NAMES[each]}</option>)}
      </select>
      <code aria-label={t('middle')}>{told(place, shown)}</code>
      <CopyButton text={told(place, shown)} label={t('copy', { name: SYSTEM_NAMES[shown] })} />
    </div>
  )
}

/** The same cameras by name, with the same filter. */
function Twin({ query, here, window, onHere }: { query: Query; here: boolean; window: Window | null; onHere: (here: boolean) => void }) {
  const { t } = useTranslation(['map', 'common'])
  const queries = useQueryClient()
  const part = here && window ? window : {}
  const list = usePages<Row>(['map', 'list', query, part], (cursor) => got(api.GET('/api/map/cameras', { params: { query: { ...query, ...part, cursor } } })))
  useLive(['cameras'], () => void queries.invalidateQueries({ queryKey: ['map', 'list'] }))
  const columns: Column<Row>[] = [
    { key: 'state', title: t('common:word.state'), cell: (row) => <StateMark state={row.state} />, width: 140, narrow: true },
    { key: 'name', title: t('common:word.name'), cell: (row) => row.name, narrow: true },
    { key: 'since', title: t('common:word.since'), cell: (row) => <Instant at_s={row.since_s} form="ago" />, width: 130 },
    { key: 'reason', title: t('common:word.reason'), cell: (row) => <Reason code={row.reason} />, width: 200 },
    { key: 'ticket', title: t('common:word.ticket'), cell: (row) => (row.ticket_id === null ? '' : `#${row.ticket_id}`), width: 90 },
    { key: 'code', title: t('common:word.code'), cell: (row) => row.code, width: 190, hidden: true },
  ]
  const to = (row: Row) => {
    const said = new URLSearchParams(location.search)
    said.set('camera', String(row.point_id))
    return `/map?${said}`
  }
  return (
    <div className="map-list">
      <DataTable name="map" label={t('title')} columns={columns} rowKey={(row) => row.point_id} rowTo={to} {...list}
        tools={window && <Tooltip label={t('here_what')}><ActionIcon variant={here ? 'filled' : 'default'} aria-pressed={here} aria-label={t('here')} onClick={() => onHere(!here)}><Sign name="map" /></ActionIcon></Tooltip>}
        empty={<Empty title={t('no_rows')} />} />
    </div>
  )
}
