// Keyboard shortcuts: one listener, the newest that takes a key has it. Single letters can be switched off (WCAG 2.1.4).
import { useEffect, useRef } from 'react'
import { kept } from './kept'

export interface Shortcut {
  /** `j`, `/`, `?`, `Escape`, `ArrowDown`, or `mod+k` (Ctrl, or Cmd on a Mac). */
  key: string
  /** Its name on the keyboard sheet: a key of words, `shell:keys.search`. */
  says: string
  run: (event: KeyboardEvent) => void
  /** Works while a field is being written in, too. */
  always?: boolean
}

const layers: { current: Shortcut[] }[] = []

/** Whether an event is the key of a shortcut. */
export function fits(key: string, event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): boolean {
  const mod = event.ctrlKey || event.metaKey
  if (key.startsWith('mod+')) return mod && !event.altKey && event.key.toLowerCase() === key.slice(4)
  return !mod && !event.altKey && event.key === key
}

/** Whether letters go into what has the focus. */
export function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range'].includes(target.type)
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const writing = isWriting(event.target)
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    for (const each of layers[at]?.current ?? []) {
      if (!fits(each.key, event)) continue
      if (each.key.length === 1 && kept().keys === 'off') continue
      if (writing && !each.always && !each.key.startsWith('mod+')) continue
      event.preventDefault()
      each.run(event)
      return
    }
  }
}

/** Shortcuts that hold while a component is on screen: they also stand on the sheet of `?`. */
export function useKeys(shortcuts: Shortcut[]): void {
  const held = useRef(shortcuts)
  held.current = shortcuts
  useEffect(() => {
    if (layers.length === 0) document.addEventListener('keydown', onKey)
    layers.push(held)
    return () => {
      layers.splice(layers.indexOf(held), 1)
      if (layers.length === 0) document.removeEventListener('keydown', onKey)
    }
  }, [])
}

/** All that hold now, the page's own first. */
export function shortcutsNow(): Shortcut[] {
  const seen = new Set<string>()
  return [...layers].reverse().flatMap((layer) =>
    layer.current.filter((each) => !seen.has(each.key) && Boolean(seen.add(each.key))),
  )
}
