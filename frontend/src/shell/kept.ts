// What this browser keeps for whoever uses it: how things look, never who looked at what.

export interface Kept {
  scheme?: 'light' | 'dark' | 'system'
  contrast?: 'more' | 'normal'
  language?: 'zh-CN' | 'en'
  keys?: 'on' | 'off'
  density?: 'dense' | 'roomy'
  columns?: Record<string, string[]>
  widths?: Record<string, Record<string, number>>
  nav?: 'wide' | 'thin'
}

const NAME = 'lenskeeper'
const listeners = new Set<() => void>()
let now: Kept = read()

function read(): Kept {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? '{}') as Kept
  } catch {
    return {}
  }
}

/** What is kept now. */
export function kept(): Kept {
  return now
}

/** Keep something more; undefined forgets it. */
export function keep(more: Partial<Kept>): void {
  now = { ...now, ...more }
  try {
    localStorage.setItem(NAME, JSON.stringify(now))
  } catch {
    // a browser that keeps nothing: it holds until the page is left
  }
  for (const each of listeners) each()
}

export function onKept(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
