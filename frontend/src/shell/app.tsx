// The whole window: who is there decides between the door and the frame.
import { CloseButton, createTheme, Drawer, MantineProvider, Menu, Modal } from '@mantine/core'
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, onSignedOut, Problem } from './api'
import { setZone } from './format'
import { Frame } from './frame'
import { speak } from './i18n'
import { kept } from './kept'
import { MeProvider } from './me'
import { ProblemNote, Waiting } from './page'
import { useScheme } from './scheme'
import { Toasts } from './toasts'

// Nothing here may write a <style> element (the content security policy forbids it): no AppShell, Grid, SimpleGrid, Flex,
// visibleFrom/hiddenFrom and no responsive style props; dialogs do not lock the scroll by a style sheet of their own.
// Colours and sizes stand in look.css and not in the theme.
function themeOf(close: string) {
  const closing = { 'aria-label': close }
  return createTheme({
    cursorType: 'pointer',
    components: {
      Modal: Modal.extend({ defaultProps: { lockScroll: false, closeButtonProps: closing } }),
      Drawer: Drawer.extend({ defaultProps: { lockScroll: false, closeButtonProps: closing } }),
      Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }), // a focusable presentation: axe
      CloseButton: CloseButton.extend({ defaultProps: closing }),
    },
  })
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => error instanceof Problem && (error.status === 0 || error.status >= 502) && failures < 3,
      networkMode: 'always', // the network without the outside world is no offline
    },
    mutations: { networkMode: 'always' },
  },
})

const START = { queryKey: ['start'], queryFn: () => got(api.GET('/api/start')), staleTime: Infinity }
const ME = { queryKey: ['me'], queryFn: () => got(api.GET('/api/me')) }

/** Asks who is there before anything is drawn; what failed is asked again, and told, by what is drawn. */
export async function askFirst(): Promise<void> {
  const start = await queries.fetchQuery(START).catch(() => null)
  if (start?.stage === 'ready') await queries.prefetchQuery(ME)
}

const Door = lazy(() => import('../pages/door'))

export function App() {
  const scheme = useScheme()
  const { t } = useTranslation('shell')
  const close = t('close')
  const theme = useMemo(() => themeOf(close), [close])
  return (
    <MantineProvider theme={theme} forceColorScheme={scheme} withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queries}>
        <Suspense fallback={<Waiting />}>
          <Inside />
        </Suspense>
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  )
}

function Inside() {
  const client = useQueryClient()
  const start = useQuery(START)
  const ready = start.data?.stage === 'ready'
  const me = useQuery({ ...ME, enabled: ready })
  useEffect(() => onSignedOut(() => void client.invalidateQueries({ queryKey: ['start'] })), [client])
  useEffect(() => {
    if (me.data) setZone(me.data.tz)
  }, [me.data])
  useEffect(() => {
    if (me.data && !kept().language) void speak(me.data.language)
  }, [me.data])
  if (start.error && !start.data) return <div className="door"><ProblemNote error={start.error} retry={() => void start.refetch()} /></div>
  if (!start.data) return null
  if (!ready) return <Door start={start.data} onNext={() => client.invalidateQueries({ queryKey: ['start'] })} />
  if (me.error && !me.data) return <div className="door"><ProblemNote error={me.error} retry={() => void me.refetch()} /></div>
  if (!me.data) return null
  setZone(me.data.tz)
  return <MeProvider me={me.data}><Frame /></MeProvider>
}
