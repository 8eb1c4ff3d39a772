// The map itself. Everything on it is also in the list beside it; the map is never the only way.
import maplibreWorker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'
import landAddress from 'world-atlas/land-50m.json?url'
import * as maplibregl from 'maplibre-gl'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { feature } from 'topojson-client'
import type { Topology } from 'topojson-specification'
import { api, got, type Schemas } from '../../shell/api'
import { useLive } from '../../shell/live'
import { useScheme } from '../../shell/scheme'
import { graticule, shifted, shiftedShape, type Pair, type System } from './geo'
import { colours, drawWhenAsked, MARK_IMAGE, RING_IMAGE, STATES } from './marks'

maplibregl.setWorkerUrl(maplibreWorker) // once, before the first map

export interface Window {
  west: number
  south: number
  east: number
  north: number
}

export type Query = { state?: string; klass?: string; unit?: number; q?: string }

export interface Overlay {
  overlay_id: number
  name: string
  shapes: GeoJSON.FeatureCollection
}

export interface Base {
  has_tiles: boolean
  crs: 'wgs84' | 'gcj02'
  attribution: string
  zoom_max: number
}

type Dots = Schemas['MapDots']
type Row = { point_id: number; state: string }

const CLUSTER_PX = 50
const AGAIN_MS = 1_500 // changes of one second become one question
const NOTHING: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }

function dotFeatures(dots: Dots, to: System): GeoJSON.Feature[] {
  return dots.point_id.map((id, at) => ({
    type: 'Feature',
    id,
    properties: { id, s: dots.state[at] ?? 1 },
    geometry: { type: 'Point', coordinates: shifted([dots.lon[at] ?? 0, dots.lat[at] ?? 0], 'wgs84', to) },
  }))
}

function ringFeatures(rings: { lon: number; lat: number; states: number[] }[], to: System): GeoJSON.Feature[] {
  return rings.map((each) => {
    const whole = each.states.reduce((sum, n) => sum + n, 0)
    return {
      type: 'Feature',
      properties: { point_count: whole, point_count_abbreviated: short(whole), ...Object.fromEntries(each.states.map((n, at) => [`s${at}`, n])) },
      geometry: { type: 'Point', coordinates: shifted([each.lon, each.lat], 'wgs84', to) },
    }
  })
}

function short(n: number): string {
  return n >= 10_000 ? `${Math.round(n / 1000)}k` : n >= 1000 ? `${(n / 1000).toFixed(1)}k` : String(n)
}

/** Sums of states of a group, for the browser's own grouping. */
const SUMS = Object.fromEntries(STATES.map((_, at) => [`s${at}`, ['+', ['case', ['==', ['get', 's'], at], 1, 0]]]))

function ground(base: Base | undefined): maplibregl.StyleSpecification {
  const { sheet } = colours()
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  const tiles = base?.has_tiles ?? false
  return {
    version: 8,
    sources: {
      land: { type: 'geojson', data: NOTHING },
      lines: { type: 'geojson', data: graticule(10) },
      overlays: { type: 'geojson', data: NOTHING },
      ...(tiles && base
        ? { tiles: { type: 'raster' as const, tiles: [`${location.origin}/api/map/tiles/{z}/{x}/{y}`], tileSize: 256, maxzoom: base.zoom_max, attribution: base.attribution } }
        : {}),
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': of('--ground') } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': sheet } },
      { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': of('--line-strong'), 'line-width': 0.7 } },
      { id: 'lines', type: 'line', source: 'lines', paint: { 'line-color': of('--line'), 'line-width': 0.6 } },
      ...(tiles ? [{ id: 'tiles', type: 'raster' as const, source: 'tiles' }] : []),
      { id: 'districts', type: 'fill', source: 'overlays', paint: { 'fill-color': of('--accent'), 'fill-opacity': 0.07 } },
      { id: 'borders', type: 'line', source: 'overlays', paint: { 'line-color': of('--accent'), 'line-width': 1.4, 'line-opacity': 0.7 } },
      {
        id: 'names', type: 'symbol', source: 'overlays', minzoom: 7,
        layout: { 'text-field': ['get', 'name'], 'text-size': 12 },
        paint: { 'text-color': of('--dim'), 'text-halo-color': sheet, 'text-halo-width': 1.5 },
      },
    ],
  }
}

/** The layers of cameras upon a source that has just been made. */
function addCameras(map: maplibregl.Map, clusters: boolean): void {
  const { ink } = colours()
  map.addSource('cameras', {
    type: 'geojson',
    data: NOTHING,
    ...(clusters ? { cluster: true, clusterRadius: CLUSTER_PX, clusterMaxZoom: 14, clusterProperties: SUMS as Record<string, unknown> } : {}),
  } as maplibregl.GeoJSONSourceSpecification)
  map.addLayer({
    id: 'dots', type: 'symbol', source: 'cameras', filter: ['!', ['has', 'point_count']],
    layout: { 'icon-image': MARK_IMAGE as never, 'icon-allow-overlap': true, 'icon-padding': 0, 'symbol-sort-key': ['get', 's'] },
  })
  map.addLayer({
    id: 'picked', type: 'circle', source: 'cameras', filter: ['!', ['has', 'point_count']],
    paint: {
      'circle-radius': 16, 'circle-color': 'transparent', 'circle-stroke-color': getComputedStyle(document.documentElement).getPropertyValue('--focus').trim(),
      'circle-stroke-width': ['case', ['boolean', ['feature-state', 'picked'], false], 3, 0],
    },
  })
  map.addLayer({
    id: 'rings', type: 'symbol', source: 'cameras', filter: ['has', 'point_count'],
    layout: {
      'icon-image': RING_IMAGE as never, 'icon-allow-overlap': true, 'text-allow-overlap': true, 'text-ignore-placement': true,
      'text-field': ['get', 'point_count_abbreviated'], 'text-size': 12,
    },
    paint: { 'text-color': ink },
  })
}

export interface Shown {
  query: Query
  /** points: all at once, grouped here; rings: what is on screen, grouped by the server */
  mode: 'points' | 'rings'
  start: Window | null
  picked: number | null
  overlays: Overlay[]
  base: Base | undefined
  /** a place to fly to; a new object flies again */
  to: { place: Pair } | null
  onPick: (point_id: number | null) => void
  onMoved: (window: Window, middle: Pair) => void
}

export function MapCanvas({ query, mode, start, picked, overlays, base, to, onPick, onMoved }: Shown) {
  const { t, i18n } = useTranslation('map')
  const scheme = useScheme()
  const place = useRef<HTMLDivElement>(null)
  const held = useRef<maplibregl.Map | null>(null)
  const [ready, setReady] = useState(false)
  const tell = useRef({ onPick, onMoved })
  tell.current = { onPick, onMoved }
  const crs: System = base?.has_tiles ? base.crs : 'wgs84'
  const asked = JSON.stringify(query)
  const view = useRef<{ center: Pair; zoom: number } | null>(null)

  useEffect(() => {
    if (!place.current) return
    const map = new maplibregl.Map({
      container: place.current,
      style: ground(base),
      attributionControl: base?.has_tiles ? { compact: true } : false,
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      renderWorldCopies: false,
      fadeDuration: 0,
      ...(view.current ?? (start
        ? { bounds: [shifted([start.west, start.south], 'wgs84', crs), shifted([start.east, start.north], 'wgs84', crs)] as [Pair, Pair], fitBoundsOptions: { padding: 60, maxZoom: 13 } }
        : { center: [105, 33] as Pair, zoom: 3 })),
      locale: {
        'Map.Title': t('canvas'), 'NavigationControl.ZoomIn': t('zoom_in'), 'NavigationControl.ZoomOut': t('zoom_out'), 'AttributionControl.ToggleAttribution': t('attribution'),
      },
    })
    held.current = map
    // for tests: a picture is taken once the map is idle
    Object.assign(place.current, { map })
    map.touchZoomRotate.disableRotation()
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }), 'top-right')
    map.addControl(new maplibregl.ScaleControl({ maxWidth: 120 }), 'bottom-left')
    drawWhenAsked(map)
    map.on('load', () => {
      addCameras(map, mode === 'points')
      setReady(true)
      void fetch(landAddress).then((answer) => answer.json()).then((atlas: Topology) => {
        const land = atlas.objects['land']
        if (held.current === map && land) (map.getSource('land') as maplibregl.GeoJSONSource | undefined)?.setData(feature(atlas, land) as GeoJSON.FeatureCollection)
      })
    })
    map.on('idle', () => place.current?.setAttribute('data-idle', 'true'))
    map.on('movestart', () => place.current?.removeAttribute('data-idle'))
    const moved = () => {
      const bounds = map.getBounds()
      const center = map.getCenter()
      view.current = { center: [center.lng, center.lat], zoom: map.getZoom() }
      const [west, south] = shifted([bounds.getWest(), bounds.getSouth()], crs, 'wgs84')
      const [east, north] = shifted([bounds.getEast(), bounds.getNorth()], crs, 'wgs84')
      const clip = (value: number, most: number) => Math.max(-most, Math.min(most, value))
      tell.current.onMoved(
        { west: clip(west, 180), south: clip(south, 85), east: clip(east, 180), north: clip(north, 85) },
        shifted([center.lng, center.lat], crs, 'wgs84'),
      )
    }
    map.on('moveend', moved)
    map.on('load', moved)
    map.on('click', 'dots', ({ features }) => tell.current.onPick(Number(features?.[0]?.properties['id'])))
    map.on('click', 'rings', ({ features, lngLat }) => {
      const found = features?.[0]
      const cluster = found?.properties['cluster_id'] as number | undefined
      if (cluster === undefined) return void map.easeTo({ center: lngLat, zoom: map.getZoom() + 2 })
      void (map.getSource('cameras') as maplibregl.GeoJSONSource).getClusterExpansionZoom(cluster).then((zoom) => map.easeTo({ center: lngLat, zoom: Math.min(zoom, 19) }))
    })
    for (const layer of ['dots', 'rings']) {
      map.on('mouseenter', layer, () => { map.getCanvas().style.cursor = 'pointer' })
      map.on('mouseleave', layer, () => { map.getCanvas().style.cursor = '' })
    }
    return () => {
      setReady(false)
      held.current = null
      map.remove()
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a new theme, language, base map or way of grouping is a new map; where it looks is kept
  }, [scheme, i18n.language, mode, base?.has_tiles, crs])

  // what is shown
  const [turn, setTurn] = useState(0)
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const later = () => {
    clearTimeout(waiting.current)
    waiting.current = setTimeout(() => setTurn((n) => n + 1), AGAIN_MS)
  }
  useEffect(() => () => clearTimeout(waiting.current), [])
  const [dots, setDots] = useState<Dots | null>(null)
  useEffect(() => {
    if (mode !== 'points') return setDots(null)
    let over = false
    // asked for while the map itself is still being made
    got(api.GET('/api/map/points', { params: { query: JSON.parse(asked) as Query } })).then((found) => { if (!over) setDots(found) }, () => later())
    return () => { over = true }
  }, [asked, mode, turn])
  useEffect(() => {
    const map = held.current
    if (!ready || !map) return
    let over = false
    const put = (features: GeoJSON.Feature[]) => {
      if (over) return
      place.current?.removeAttribute('data-idle')
      ;(map.getSource('cameras') as maplibregl.GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features })
      place.current?.setAttribute('data-cameras', String(features.length))
    }
    const only = JSON.parse(asked) as Query
    if (mode === 'points') {
      if (dots) put(dotFeatures(dots, crs))
      return () => { over = true }
    }
    const ask = () => {
      const bounds = map.getBounds()
      const [west, south] = shifted([bounds.getWest(), bounds.getSouth()], crs, 'wgs84')
      const [east, north] = shifted([bounds.getEast(), bounds.getNorth()], crs, 'wgs84')
      const window = { west: Math.max(-180, west), south: Math.max(-85, south), east: Math.min(180, east), north: Math.min(85, north) }
      void got(api.GET('/api/map/rings', { params: { query: { ...only, ...window } } }))
        .then((part) => put(part.dots ? dotFeatures(part.dots, crs) : ringFeatures(part.rings, crs)))
        .catch(() => later())
    }
    ask()
    map.on('moveend', ask)
    return () => {
      over = true
      map.off('moveend', ask)
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `turn` asks again
  }, [ready, asked, mode, crs, turn, dots])

  useLive(['cameras'], ({ data }) => {
    const told = data as { rows?: Row[]; reload?: boolean } | null
    const map = held.current
    if (!map || !ready) return
    if (mode !== 'points' || !told || told.reload || query.state) return later()
    const source = map.getSource('cameras') as maplibregl.GeoJSONSource | undefined
    void source?.updateData({
      update: (told.rows ?? []).map((row) => ({ id: row.point_id, addOrUpdateProperties: [{ key: 's', value: Math.max(0, STATES.indexOf(row.state as never)) }] })),
    })
  })

  useEffect(() => {
    const map = held.current
    if (!ready || !map || picked === null) return
    const which = { source: 'cameras', id: picked }
    map.setFeatureState(which, { picked: true })
    return () => {
      if (held.current === map && map.getSource('cameras')) map.setFeatureState(which, { picked: false })
    }
  }, [ready, picked])

  useEffect(() => {
    const map = held.current
    if (!ready || !map) return
    const features = overlays.flatMap((each) => each.shapes.features).map((each) => ({ ...each, geometry: shiftedShape(each.geometry, crs) }))
    ;(map.getSource('overlays') as maplibregl.GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features })
  }, [ready, overlays, crs])

  useEffect(() => {
    const map = held.current
    if (!ready || !map || !to) return
    map.jumpTo({ center: shifted(to.place, 'wgs84', crs), zoom: Math.max(map.getZoom(), 15) })
  }, [ready, to, crs])

  return <div className="map-canvas" ref={place} role="region" aria-label={t('canvas')} />
}
