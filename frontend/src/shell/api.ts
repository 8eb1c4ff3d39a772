// The typed door to the server: openapi-fetch over the types of docs/reference/openapi.json. What goes wrong is thrown.
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from '../api/schema'

/** The server's models by name: `Schemas['TicketRow']`. */
export type Schemas = components['schemas']

export interface Wrong {
  field: string
  detail: string
}

/** What the server said went wrong (RFC 9457), or that it did not answer (code `no_answer`, status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId = '',
    readonly field: string | null = null,
    readonly wrong: Wrong[] = [],
    readonly retryS: number | null = null,
  ) {
    super(detail || code)
    this.name = 'Problem'
  }
}

type Said = { code?: string; detail?: string; request_id?: string; field?: string | null; wrong?: Wrong[]; retry_s?: number }

export async function problemOf(response: Response): Promise<Problem> {
  const number = response.headers.get('x-request-id') ?? ''
  let said: Said = {}
  try {
    said = (await response.clone().json()) as Said
  } catch {
    // not ours: a proxy between us answered
  }
  const code = said.code ?? `http_${response.status}`
  return new Problem(
    response.status, code, said.detail ?? '', said.request_id ?? number, said.field ?? null, said.wrong ?? [], said.retry_s ?? null,
  )
}

const signedOut = new Set<() => void>()

/** Tell me when the server says that nobody is signed in any longer. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener)
  return () => signedOut.delete(listener)
}

const throwing: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return
    const problem = await problemOf(response)
    if (response.status === 401) for (const each of signedOut) each()
    throw problem
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return new Problem(0, 'no_answer', '')
  },
}

/** `const { data } = await api.GET('/api/tickets', { params: { query } })`; a refusal is thrown as Problem. */
export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })
api.use(throwing)

const questions = new WeakMap<object, string>()

/** The data of an answer; for `queryFn: () => got(api.GET(...))`. */
export async function got<T>(answer: Promise<{ data?: T; error?: unknown; response?: Response }>): Promise<NonNullable<T>> {
  const { data, response } = await answer
  if (typeof data === 'object' && data !== null && response) questions.set(data, response.url)
  return data as NonNullable<T>
}

/** The address by which `got` came to these data, as it was asked. */
export function questionOf(data: object): string | undefined {
  return questions.get(data)
}

/** Sends a file as it is (a table, never a picture) and reads the answer. */
export async function upload<T>(address: string, file: Blob): Promise<T> {
  const response = await fetch(address, { method: 'POST', body: file, headers: { 'content-type': 'application/octet-stream' } })
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}
