// Coordinates: kept and asked for in WGS-84, shown in the three systems that people in China meet. For display only.
import gcoord from 'gcoord'

export type Pair = [lon: number, lat: number]
export type System = 'wgs84' | 'gcj02' | 'bd09'
export const SYSTEMS: System[] = ['wgs84', 'gcj02', 'bd09']
export const SYSTEM_NAMES: Record<System, string> = { wgs84: 'WGS-84', gcj02: 'GCJ-02', bd09: 'BD-09' }
const CRS = { wgs84: gcoord.WGS84, gcj02: gcoord.GCJ02, bd09: gcoord.BD09 }

/** A place in another system. */
export function shifted(place: Pair, from: System, to: System): Pair {
  return from === to ? place : gcoord.transform<Pair>([...place], CRS[from], CRS[to])
}

/** "120.164678, 30.247660": longitude first, as the systems' own pages write it. */
export function told(place: Pair, system: System): string {
  return shifted(place, 'wgs84', system).map((each) => each.toFixed(6)).join(', ')
}

/** All positions of a GeoJSON geometry moved to the system that the map below is drawn in. */
export function shiftedShape<T extends GeoJSON.Geometry>(shape: T, to: System): T {
  if (to === 'wgs84') return shape
  const move = (each: unknown): unknown =>
    Array.isArray(each) && typeof each[0] === 'number' ? shifted(each.slice(0, 2) as Pair, 'wgs84', to) : (each as unknown[]).map(move)
  return { ...shape, coordinates: move((shape as unknown as { coordinates: unknown }).coordinates) } as T
}

/** Meridians and parallels every so many degrees. */
export function graticule(step: number): GeoJSON.Feature {
  const lines: Pair[][] = []
  for (let lon = -180; lon <= 180; lon += step) lines.push([[lon, -80], [lon, 80]])
  for (let lat = -80; lat <= 80; lat += step) {
    const line: Pair[] = []
    for (let lon = -180; lon <= 180; lon += 10) line.push([lon, lat])
    lines.push(line)
  }
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } }
}
