// The stop switch of the network's guardians: what nobody is sent to until it is lifted, and why.
import { Badge, Button, Checkbox, Group, MultiSelect, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got } from '../../shell/api'
import { Answer, Confirm, Empty } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { Part } from './part'

type Piece = { everything?: boolean; pictures?: boolean; zones?: string[]; sites?: string[] }

export function StopSwitch() {
  const { t } = useTranslation('settings')
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['settings', 'switch'], queryFn: () => got(api.GET('/api/settings/switch')) })
  const [everything, setEverything] = useState(false)
  const [pictures, setPictures] = useState(false)
  const [zones, setZones] = useState<string[]>([])
  const [sites, setSites] = useState<string[]>([])
  const [stopping, setStopping] = useState(false)
  const [lifting, setLifting] = useState<{ words: string; part: Piece | null } | null>(null)
  const again = () => queries.invalidateQueries({ queryKey: ['settings', 'switch'] })
  const stop = async (reason: string) => {
    await got(api.POST('/api/settings/switch/stop', { body: { everything, pictures, zones, sites, reason, all: false } }))
    setEverything(false); setPictures(false); setZones([]); setSites([])
    toast({ words: t('switch.stopped') })
    await again()
  }
  const lift = async (reason: string) => {
    const part = lifting?.part
    const body = { everything: false, pictures: false, zones: [], sites: [], ...part, reason, all: !part }
    await got(api.POST('/api/settings/switch/lift', { body }))
    toast({ words: t('switch.lifted') })
    await again()
  }
  return (
    <Answer of={found}>
      {(page) => {
        const now: [words: string, part: Piece][] = [
          ...(page.stopped.everything ? [[t('switch.everything'), { everything: true }] as [string, Piece]] : []),
          ...(page.stopped.pictures ? [[t('switch.pictures'), { pictures: true }] as [string, Piece]] : []),
          ...(page.stopped.zones ?? []).map((name): [string, Piece] => [t('switch.zone', { name }), { zones: [name] }]),
          ...(page.stopped.sites ?? []).map((name): [string, Piece] => [t('switch.site', { name }), { sites: [name] }]),
        ]
        const chosen = everything || pictures || zones.length > 0 || sites.length > 0
        return (
          <>
            <Part title={t('switch.now')} acts={now.length > 1 && <Button size="compact-sm" variant="default" onClick={() => setLifting({ words: t('switch.all'), part: null })}>{t('switch.lift_all')}</Button>}>
              {now.length === 0 ? <Empty title={t('switch.none')}>{t('switch.none_note')}</Empty> : (
                <Stack gap="xs">
                  {now.map(([words, part]) => (
                    <Group key={words} gap="sm">
                      <Badge color="red" variant="light">{t('switch.stands')}</Badge>
                      <Text size="sm">{words}</Text>
                      <Button size="compact-sm" variant="default" aria-label={t('switch.lift_one', { words })} onClick={() => setLifting({ words, part })}>{t('switch.lift')}</Button>
                    </Group>
                  ))}
                </Stack>
              )}
            </Part>
            <Part title={t('switch.title')} note={t('switch.note')}>
              <Stack gap="sm" maw={520}>
                <Checkbox label={t('switch.pictures')} description={t('switch.pictures_note')} checked={pictures} onChange={(event) => setPictures(event.currentTarget.checked)} />
                <Checkbox label={t('switch.everything')} description={t('switch.everything_note')} checked={everything} onChange={(event) => setEverything(event.currentTarget.checked)} />
                <MultiSelect label={t('switch.zones')} data={page.zones} value={zones} onChange={setZones} searchable clearable />
                <MultiSelect label={t('switch.sites')} data={page.sites} value={sites} onChange={setSites} searchable clearable limit={50} />
                <Group><Button color="red" disabled={!chosen} onClick={() => setStopping(true)}>{t('switch.stop')}</Button></Group>
              </Stack>
            </Part>
            <Confirm opened={stopping} title={t('switch.stop')} act={t('switch.stop')} danger reason onAct={stop} onClose={() => setStopping(false)}>{t('switch.stop_note')}</Confirm>
            <Confirm opened={lifting !== null} title={t('switch.lift_one', { words: lifting?.words ?? '' })} act={t('switch.lift')} reason onAct={lift} onClose={() => setLifting(null)}>{t('switch.lift_note')}</Confirm>
          </>
        )
      }}
    </Answer>
  )
}
