// Short words that something was done, with a way back where there is one. They wait while the pointer or focus is on them.
import { Button, CloseButton } from '@mantine/core'
import { useEffect, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { Sign } from './signs'

export interface Toast {
  words: string
  kind?: 'done' | 'failed'
  /** the way back: its word and what it does */
  undo?: { words: string; run: () => void }
}

let shown: (Toast & { id: number })[] = []
let made = 0
const listeners = new Set<() => void>()
const TOASTS_MAX = 4
const STAYS_MS = 8_000

function tell() {
  for (const each of listeners) each()
}

/** Say that something was done: `toast({ words: t('moved', { count }) })`. */
export function toast(said: Toast): void {
  made += 1
  shown = [...shown, { ...said, id: made }].slice(-TOASTS_MAX)
  tell()
}

function drop(id: number) {
  shown = shown.filter((each) => each.id !== id)
  tell()
}

export function Toasts() {
  const now = useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener) }, () => shown)
  return <div className="toasts" role="status" aria-live="polite">{now.map((each) => <OneToast key={each.id} {...each} />)}</div>
}

function OneToast({ id, words, kind = 'done', undo }: Toast & { id: number }) {
  const { t } = useTranslation('shell')
  useEffect(() => {
    const timer = setInterval(() => {
      const box = document.getElementById(`toast-${id}`)
      if (!box?.matches(':hover, :focus-within')) drop(id)
    }, STAYS_MS)
    return () => clearInterval(timer)
  }, [id])
  return (
    <div id={`toast-${id}`} className="toast" data-kind={kind}>
      <Sign name={kind === 'done' ? 'check' : 'fault'} />
      <span className="grow">{words}</span>
      {undo && <Button size="compact-sm" variant="light" onClick={() => { undo.run(); drop(id) }}>{undo.words}</Button>}
      <CloseButton size="sm" aria-label={t('close')} onClick={() => drop(id)} />
    </div>
  )
}
