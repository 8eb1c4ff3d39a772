// Saved views: the filters of a list's address under a name, one click from the list.
import { ActionIcon, Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { api, got, type Schemas } from './api'
import { useMe } from './me'
import { ProblemNote } from './page'
import { Sign } from './signs'
import { toast } from './toasts'

type View = Schemas['ViewRow']

/** The query of an address in one order, so that two addresses of the same filters are one. */
export function sameQuery(a: string, b: string): boolean {
  const ordered = (said: string) => [...new URLSearchParams(said)].map(([name, value]) => `${name}=${value}`).sort().join('&')
  return ordered(a) === ordered(b)
}

/** The views of a list as buttons, and one that keeps the filters at hand: `<SavedViews area="cameras" />` beside the filters. */
export function SavedViews({ area }: { area: string }) {
  const { t } = useTranslation('shell')
  const search = useSearch()
  const [path, go] = useLocation()
  const queries = useQueryClient()
  const [keeping, setKeeping] = useState(false)
  const found = useQuery({ queryKey: ['views', area], queryFn: () => got(api.GET('/api/views', { params: { query: { area } } })), staleTime: 300_000 })
  const rows = found.data?.rows ?? []
  const again = () => queries.invalidateQueries({ queryKey: ['views', area] })
  const here = rows.find((each) => sameQuery(each.query, search))
  const first = rows.find((each) => each.is_default)
  const [begun, setBegun] = useState(false)
  useEffect(() => {
    // a list without filters begins with the view that its reader chose; whoever clears them afterwards keeps them cleared
    if (begun || !found.data) return
    setBegun(true)
    if (first && search === '') go(`${path}?${first.query}`, { replace: true })
  }, [begun, found.data, first, search, path, go])
  return (
    <Group gap={6} role="group" aria-label={t('views.title')}>
      {rows.map((each) => (
        <Button key={each.view_id} size="compact-sm" variant={each === here ? 'light' : 'default'} aria-pressed={each === here} title={each.is_mine ? undefined : t('views.of', { name: each.owner })}
          leftSection={each.is_shared ? <Sign name="people" size={12} /> : undefined} onClick={() => go(each.query ? `${path}?${each.query}` : path)}>
          {each.name}
        </Button>
      ))}
      <ActionIcon variant="default" aria-label={t('views.keep')} title={t('views.keep')} onClick={() => setKeeping(true)}><Sign name="save" /></ActionIcon>
      <Modal opened={keeping} onClose={() => setKeeping(false)} title={t('views.title')}>
        {keeping && <Keep area={area} query={search} rows={rows} here={here} onDone={() => { setKeeping(false); void again() }} onChange={() => void again()} />}
      </Modal>
    </Group>
  )
}

function Keep({ area, query, rows, here, onDone, onChange }: { area: string; query: string; rows: View[]; here: View | undefined; onDone: () => void; onChange: () => void }) {
  const { t } = useTranslation('shell')
  const me = useMe()
  const [name, setName] = useState(here?.is_mine ? here.name : '')
  const [isShared, setShared] = useState(here?.is_shared ?? false)
  const places = [...(me.sees_all ? [{ value: '', label: t('views.everybody') }] : []), ...me.units.map((each) => ({ value: String(each.unit_id), label: each.name }))]
  const [place, setPlace] = useState(places[0]?.value ?? '')
  const [error, setError] = useState<unknown>(null)
  const run = (act: Promise<unknown>, done: () => void) => {
    setError(null)
    act.then(done).catch(setError)
  }
  const keep = (event: FormEvent) => {
    event.preventDefault()
    const unit_id = isShared && place ? Number(place) : null
    run(api.POST('/api/views', { body: { area, name: name.trim(), query, is_shared: isShared, unit_id } }), () => { toast({ words: t('views.kept', { name: name.trim() }) }); onDone() })
  }
  return (
    <Stack>
      <form onSubmit={keep}>
        <Stack gap="sm">
          <TextInput label={t('views.name')} description={query ? undefined : t('views.no_filter')} required maxLength={60} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          {places.length > 0 && <Checkbox label={t('views.share')} checked={isShared} onChange={(event) => setShared(event.currentTarget.checked)} />}
          {isShared && <Select label={t('views.with')} data={places} value={place} allowDeselect={false} onChange={(value) => setPlace(value ?? '')} />}
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end"><Button type="submit">{t('views.keep')}</Button></Group>
        </Stack>
      </form>
      {rows.length > 0 && (
        <ul className="views">
          {rows.map((each) => (
            <li key={each.view_id}>
              <span className="grow">{each.name}{!each.is_mine && <span className="dim"> {t('views.of', { name: each.owner })}</span>}</span>
              <Button size="compact-sm" variant="subtle" aria-pressed={each.is_default}
                onClick={() => run(api.PUT('/api/views/default', { body: { area, view_id: each.is_default ? null : each.view_id } }), onChange)}>
                {each.is_default ? t('views.is_first') : t('views.first')}
              </Button>
              {each.is_mine && (
                <ActionIcon variant="subtle" color="gray" aria-label={t('views.drop', { name: each.name })} title={t('views.drop', { name: each.name })}
                  onClick={() => run(api.DELETE('/api/views/{view_id}', { params: { path: { view_id: each.view_id } } }), onChange)}>
                  <Sign name="close" />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      )}
    </Stack>
  )
}
