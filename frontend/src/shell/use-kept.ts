import { useSyncExternalStore } from 'react'
import { kept, onKept, type Kept } from './kept'

/** What this browser keeps, drawn anew when it changes. */
export function useKept(): Kept {
  return useSyncExternalStore(onKept, kept)
}
