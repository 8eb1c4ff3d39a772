// What the map is drawn with: a mark for each state and rings of states for groups, by shape and colour, drawn on a canvas.
import type { Map as MapLibre } from 'maplibre-gl'

/** In the order of the server's numbers. */
export const STATES = ['not_watched', 'unknown', 'down', 'fault', 'up'] as const
export type StateWord = (typeof STATES)[number]
/** In the order of worry: how rings are drawn and legends read. */
export const WORRY: StateWord[] = ['down', 'fault', 'unknown', 'up', 'not_watched']

const RATIO = 2
const PARTS = 24

interface Colours {
  state: Record<StateWord, string>
  sheet: string
  ink: string
}

export function colours(): Colours {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  return {
    state: { not_watched: of('--line-strong'), unknown: of('--state-unknown'), down: of('--state-down'), fault: of('--state-fault'), up: of('--state-up') },
    sheet: of('--sheet'),
    ink: of('--ink'),
  }
}

function drawn(size: number, draw: (pen: CanvasRenderingContext2D) => void): ImageData | null {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size * RATIO
  const pen = canvas.getContext('2d')
  if (!pen) return null
  pen.scale(RATIO, RATIO)
  draw(pen)
  return pen.getImageData(0, 0, size * RATIO, size * RATIO)
}

const SHAPES: Record<StateWord, { edge: string; sign: string; dashed?: boolean }> = {
  up: { edge: 'M11 3a8 8 0 1 0 0 16 8 8 0 0 0 0-16z', sign: 'M7.500 11.200l2.500 2.500L14.700 8.600' },
  down: { edge: 'M7.300 2.500h7.400l4.800 4.800v7.400l-4.800 4.800H7.300l-4.800-4.800V7.300z', sign: 'M7.800 7.800l6.400 6.400M14.200 7.800l-6.400 6.400' },
  fault: { edge: 'M11 2.500 20.500 19h-19z', sign: 'M11 8.500v5M11 16v.2' },
  unknown: { edge: 'M11 3a8 8 0 1 0 0 16 8 8 0 0 0 0-16z', sign: 'M8.600 9a2.400 2.400 0 1 1 3.400 2.200c-.7.3-1 .7-1 1.500M11 15.200v.2', dashed: true },
  not_watched: { edge: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12z', sign: 'M8 11h6' },
}

/** One camera: the outline and the sign tell the state without its colour. Unknown is hollow: nobody says that it is down. */
function mark(word: StateWord, { state, sheet }: Colours): ImageData | null {
  const { edge, sign, dashed } = SHAPES[word]
  return drawn(22, (pen) => {
    pen.lineJoin = pen.lineCap = 'round'
    pen.fillStyle = dashed ? sheet : state[word]
    pen.fill(new Path2D(edge))
    pen.lineWidth = 1.6
    pen.strokeStyle = dashed ? state[word] : sheet
    if (dashed) pen.setLineDash([3, 2])
    pen.stroke(new Path2D(edge))
    pen.setLineDash([])
    pen.strokeStyle = dashed ? state[word] : sheet
    pen.lineWidth = 2
    pen.stroke(new Path2D(sign))
  })
}

const SIZES = [30, 36, 44, 52, 60]

/** A ring of states: parts by number of state (in 24ths), and the step of its size. Unknown is hatched. */
function ring(parts: number[], step: number, { state, sheet, ink }: Colours): ImageData | null {
  const size = SIZES[step] ?? 60
  const whole = parts.reduce((sum, each) => sum + each, 0) || 1
  return drawn(size, (pen) => {
    const middle = size / 2
    const outer = middle - 1
    const inner = outer * 0.66
    let from = -Math.PI / 2
    for (const word of WORRY) {
      const share = (parts[STATES.indexOf(word)] ?? 0) / whole
      if (share === 0) continue
      const to = from + share * 2 * Math.PI
      pen.beginPath()
      pen.arc(middle, middle, outer, from, to)
      pen.arc(middle, middle, inner, to, from, true)
      pen.closePath()
      pen.fillStyle = state[word]
      pen.fill()
      if (word === 'unknown') {
        pen.save()
        pen.clip()
        pen.strokeStyle = sheet
        pen.lineWidth = 1.5
        for (let at = -size; at < size * 2; at += 5) {
          pen.beginPath()
          pen.moveTo(at, 0)
          pen.lineTo(at + size, size)
          pen.stroke()
        }
        pen.restore()
      }
      from = to
    }
    pen.beginPath()
    pen.arc(middle, middle, inner, 0, 2 * Math.PI)
    pen.fillStyle = sheet
    pen.fill()
    pen.strokeStyle = ink
    pen.globalAlpha = 0.25
    pen.lineWidth = 1
    pen.beginPath()
    pen.arc(middle, middle, outer, 0, 2 * Math.PI)
    pen.stroke()
  })
}

/** The image of a group: shares in 24ths, so that few images serve all groups; one camera down of a thousand is a 24th. */
export const RING_IMAGE = [
  'concat',
  'ring',
  ...STATES.flatMap((_, at) => [
    '|',
    ['to-string', at === STATES.indexOf('up')
      ? ['round', ['*', PARTS, ['/', ['get', `s${at}`], ['get', 'point_count']]]]
      : ['ceil', ['*', PARTS, ['/', ['get', `s${at}`], ['get', 'point_count']]]]],
  ]),
  '|',
  ['to-string', ['step', ['get', 'point_count'], 0, 10, 1, 100, 2, 1000, 3, 10000, 4]],
]

/** The image of one camera. */
export const MARK_IMAGE = ['concat', 'mark|', ['to-string', ['get', 's']]]

/** Draws an image when the map asks for it for the first time. */
export function drawWhenAsked(map: MapLibre): void {
  map.setMissingStyleImageResolver((id) => {
    const [kind, ...rest] = id.split('|')
    const numbers = rest.map(Number)
    const image =
      kind === 'mark' ? mark(STATES[numbers[0] ?? 1] ?? 'unknown', colours())
      : kind === 'ring' ? ring(numbers.slice(0, 5), numbers[5] ?? 0, colours())
      : null
    if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: RATIO })
  })
}
