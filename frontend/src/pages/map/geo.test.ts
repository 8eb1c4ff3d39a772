import { expect, test } from 'vitest'
import { graticule, shifted, shiftedShape, told } from './geo'

test('a place in Hangzhou in the three systems, as the design has it', () => {
  expect(told([120.16, 30.25], 'wgs84')).toBe('120.160000, 30.250000')
  expect(told([120.16, 30.25], 'gcj02')).toBe('120.164678, 30.247660')
  expect(told([120.16, 30.25], 'bd09')).toBe('120.171249, 30.253412')
})

test('there and back is the same place', () => {
  const [lon, lat] = shifted(shifted([114.3, 30.6], 'wgs84', 'gcj02'), 'gcj02', 'wgs84')
  expect(lon).toBeCloseTo(114.3, 6)
  expect(lat).toBeCloseTo(30.6, 6)
})

test('every corner of a shape is moved, holes too', () => {
  const shape: GeoJSON.Polygon = { type: 'Polygon', coordinates: [[[120, 30], [121, 30], [121, 31], [120, 30]], [[120.2, 30.1], [120.3, 30.1], [120.3, 30.2], [120.2, 30.1]]] }
  const moved = shiftedShape(shape, 'gcj02')
  expect(moved.coordinates.flat()).toHaveLength(8)
  expect(moved.coordinates.flat().every(([lon], at) => lon !== shape.coordinates.flat()[at]?.[0])).toBe(true)
  expect(shiftedShape(shape, 'wgs84')).toBe(shape)
})

test('the graticule has whole lines', () => {
  const { geometry } = graticule(10)
  expect(geometry.type).toBe('MultiLineString')
})
