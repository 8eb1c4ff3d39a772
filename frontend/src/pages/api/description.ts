// What docs/reference/openapi.json says, as far as these pages show it: operations by tag, shapes as trees, an example of a body.
import { curl } from '../../shell/curl'
import type { Verb } from '../../shell/me'

export interface Shape {
  $ref?: string
  type?: string
  title?: string
  description?: string
  format?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  anyOf?: Shape[]
  items?: Shape
  prefixItems?: Shape[]
  properties?: Record<string, Shape>
  required?: string[]
  additionalProperties?: boolean | Shape
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
}

interface Media {
  schema?: Shape
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  description?: string
  schema?: Shape
}

interface Operation {
  operationId: string
  tags?: string[]
  description?: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, { description?: string; content?: Record<string, Media> }>
  'x-verb'?: Verb
  'x-token'?: boolean
}

export interface Description {
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Shape> }
}

export interface Asked extends Operation {
  method: string
  path: string
  tag: string
}

/** Every operation, by tag, in the order of their addresses. */
export function operationsOf({ paths }: Description): Asked[] {
  const found = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, each]) => ({ ...each, path, method: method.toUpperCase(), tag: each.tags?.[0] ?? '' })))
  return found.sort((a, b) => a.tag.localeCompare(b.tag) || a.path.localeCompare(b.path) || a.method.localeCompare(b.method))
}

/** Those that have each of the words somewhere: in method, address, name, verb or text. */
export function findIn(operations: Asked[], words: string): Asked[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return operations.filter((each) => {
    const said = [each.method, each.path, each.operationId, each.tag, each['x-verb'], each.description].join(' ').toLowerCase()
    return wanted.every((word) => said.includes(word))
  })
}

export interface Node {
  /** empty: an entry of a list */
  name: string
  required: boolean
  /** its type in the words of JSON Schema, with what bounds it */
  kind: string
  values: string[]
  note: string
  nodes: Node[]
}

function resolved(shape: Shape, all: Description): [Shape, string] {
  const name = shape.$ref?.split('/').at(-1) ?? ''
  return name ? [{ ...all.components.schemas[name], ...(shape.description ? { description: shape.description } : {}) }, name] : [shape, '']
}

function bounds(shape: Shape): string {
  const said = [
    shape.format, shape.pattern && `/${shape.pattern}/`,
    span(shape.minimum, shape.maximum, ''), span(shape.minLength, shape.maxLength, ' characters'), shape.maxItems !== undefined && `at most ${shape.maxItems}`,
    shape.default !== undefined && shape.default !== null && shape.default !== '' && `= ${JSON.stringify(shape.default)}`,
  ]
  return said.filter(Boolean).join(', ')
}

function span(least: number | undefined, most: number | undefined, of: string): string {
  if (least === undefined && most === undefined) return ''
  return `${least ?? ''}…${most ?? ''}${of}`
}

/** A shape as a tree; what is inside itself is named and not drawn again. */
export function treeOf(shape: Shape, all: Description, name = '', required = true, within: readonly string[] = []): Node {
  const [said, model] = resolved(shape, all)
  const inside = model ? [...within, model] : within
  const node = { name, required, note: said.description ?? '' }
  if (model && within.includes(model)) return { ...node, kind: model, values: [], nodes: [] }
  if (said.anyOf) {
    const some = said.anyOf.filter((each) => each.type !== 'null')
    const nothing = some.length < said.anyOf.length
    const of = some.map((each) => treeOf(each, all, '', true, inside))
    const kind = [...of.map((each) => each.kind), ...(nothing ? ['null'] : [])].join(' | ')
    return { ...node, note: node.note || (of[0]?.note ?? ''), kind, values: of.flatMap((each) => each.values), nodes: of.length === 1 ? (of[0]?.nodes ?? []) : of.filter((each) => each.nodes.length > 0) }
  }
  if (said.items || said.prefixItems) {
    const of = said.prefixItems?.map((each) => treeOf(each, all, '', true, inside)) ?? [treeOf(said.items ?? {}, all, '', true, inside)]
    return { ...node, kind: [`[${of.map((each) => each.kind).join(', ')}]`, bounds(said)].filter(Boolean).join(' '), values: of[0]?.values ?? [], nodes: of.length === 1 ? (of[0]?.nodes ?? []) : of.filter((each) => each.nodes.length > 0) }
  }
  const nodes = Object.entries(said.properties ?? {}).map(([key, each]) => treeOf(each, all, key, said.required?.includes(key) ?? false, inside))
  if (typeof said.additionalProperties === 'object') nodes.push(treeOf(said.additionalProperties, all, '*', false, inside))
  const values = (said.enum ?? (said.const === undefined ? [] : [said.const])).map(String)
  const kind = [model || said.type || (nodes.length > 0 ? 'object' : 'any'), bounds(said)].filter(Boolean).join(' ')
  return { ...node, kind: values.length > 0 && model ? `${model} ${said.type ?? ''}`.trim() : kind, values, nodes }
}

/** The plainest value of a shape: what must be there, and nothing else. */
export function exampleOf(shape: Shape, all: Description, within: readonly string[] = []): unknown {
  const [said, model] = resolved(shape, all)
  if (model && within.includes(model)) return null
  const inside = model ? [...within, model] : within
  if (said.default !== undefined) return said.default
  if (said.const !== undefined) return said.const
  if (said.enum) return said.enum[0]
  if (said.anyOf) return exampleOf(said.anyOf[0] ?? {}, all, inside)
  if (said.prefixItems) return said.prefixItems.map((each) => exampleOf(each, all, inside))
  if (said.type === 'array') return []
  if (said.type === 'string') return '…'
  if (said.type === 'integer' || said.type === 'number') return said.minimum ?? 0
  if (said.type === 'boolean') return false
  const must = (said.required ?? []).map((key): [string, unknown] => [key, exampleOf(said.properties?.[key] ?? {}, all, inside)])
  return Object.fromEntries(must)
}

/** The operation as a line for a shell. What the address needs stands there in capitals, to be written over. */
export function curlOf(asked: Asked, all: Description, origin: string): string {
  const path = asked.path.replaceAll(/\{(\w+)[^}]*\}/g, (_, name: string) => name.toUpperCase())
  const must = (asked.parameters ?? []).filter((each) => each.in === 'query' && each.required).map((each) => `${each.name}=${each.name.toUpperCase()}`)
  const media = asked.requestBody?.content ?? {}
  const body = media['application/json']?.schema
  const answers = Object.keys(asked.responses['200']?.content ?? {})
  return curl(`${origin}${path}${must.length > 0 ? `?${must.join('&')}` : ''}`, {
    method: asked.method,
    json: body && JSON.stringify(exampleOf(body, all)),
    file: media['application/octet-stream'] && 'FILE',
    answer: answers.includes('text/event-stream') ? 'events' : answers.length > 0 && !answers.includes('application/json') ? 'file' : undefined,
  })
}
