import { describe, expect, it } from 'vitest'
import text from '../../../../docs/reference/openapi.json?raw'
import { curlOf, exampleOf, findIn, operationsOf, treeOf, type Description, type Node } from './description'

const said = JSON.parse(text) as Description
const all = operationsOf(said)
const one = (name: string) => {
  const found = all.find((each) => each.operationId === name)
  if (!found) throw new Error(name)
  return found
}

describe('the description of the interface', () => {
  it('every operation of it is there, with its verb', () => {
    expect(all.length).toBe(Object.values(said.paths).flatMap((each) => Object.keys(each)).length)
    expect(one('cameras_cameras')).toMatchObject({ method: 'GET', path: '/api/cameras', tag: 'cameras', 'x-verb': 'see' })
  })
  it('words are looked for in address, verb and text', () => {
    expect(findIn(all, 'get cameras past').map((each) => each.operationId)).toEqual(['cameras_past'])
    expect(findIn(all, 'read_audit').every((each) => each['x-verb'] === 'read_audit')).toBe(true)
    expect(findIn(all, 'no such words at all')).toEqual([])
  })
  it('a shape is a tree of names with what must be there', () => {
    const page = treeOf({ $ref: '#/components/schemas/Page_CameraRow_' }, said)
    const rows = page.nodes.find((each) => each.name === 'rows')
    expect(rows).toMatchObject({ kind: '[CameraRow]', required: true })
    expect(rows?.nodes.map((each) => each.name)).toContain('point_id')
    expect(page.nodes.find((each) => each.name === 'total')?.kind).toBe('integer | null')
  })
  it('every shape ends, and none is without a type', () => {
    const kinds = (node: Node): string[] => [node.kind, ...node.nodes.flatMap(kinds)]
    for (const name of Object.keys(said.components.schemas)) {
      const ref = { $ref: `#/components/schemas/${name}` }
      expect(kinds(treeOf(ref, said)).filter((each) => !each || each.includes('undefined'))).toEqual([])
      expect(JSON.stringify(exampleOf(ref, said))).toBeTruthy()
    }
    const loop = { ...said, components: { schemas: { Loop: { type: 'object', required: ['next'], properties: { next: { $ref: '#/x/Loop' } } } } } }
    expect(treeOf({ $ref: '#/x/Loop' }, loop).nodes[0]).toMatchObject({ kind: 'Loop', nodes: [] })
    expect(exampleOf({ $ref: '#/x/Loop' }, loop)).toEqual({ next: null })
  })
  it('every operation is a line for a shell, without a brace in its address', () => {
    expect(curlOf(one('cameras_camera'), said, 'https://h')).toBe(`curl -sS -H "Authorization: Bearer $LENSKEEPER_TOKEN" 'https://h/api/cameras/POINT_ID'`)
    for (const each of all) expect(curlOf(each, said, 'https://h').split("'").at(-2)).toMatch(/^https:\/\/h\/api\/[^{}]+$/)
    expect(curlOf(one('exports_fetch'), said, 'https://h')).toContain('-sSOJ')
  })
})
