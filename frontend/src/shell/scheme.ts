// Light, dark or as the system has it; more contrast where it is wished.
import { useSyncExternalStore } from 'react'
import { kept, onKept } from './kept'

const dark = matchMedia('(prefers-color-scheme: dark)')
const more = matchMedia('(prefers-contrast: more)')

function follow(listener: () => void): () => void {
  const off = onKept(listener)
  dark.addEventListener('change', listener)
  more.addEventListener('change', listener)
  return () => {
    off()
    dark.removeEventListener('change', listener)
    more.removeEventListener('change', listener)
  }
}

function schemeNow(): 'light' | 'dark' {
  const { scheme } = kept()
  if (scheme === 'light' || scheme === 'dark') return scheme
  return dark.matches ? 'dark' : 'light'
}

/** The theme on screen; for a map or a chart that draws its own colours. */
export function useScheme(): 'light' | 'dark' {
  return useSyncExternalStore(follow, schemeNow)
}

/** Keeps <html> as it is wished; public/first.js did it before the first picture. */
export function applyScheme(): void {
  const html = document.documentElement
  const contrast = kept().contrast ?? (more.matches ? 'more' : 'normal')
  html.setAttribute('data-mantine-color-scheme', schemeNow())
  if (contrast === 'more') html.setAttribute('data-contrast', 'more')
  else html.removeAttribute('data-contrast')
}

follow(applyScheme)
