// What the parts of this page share: states by sign and word, a place by name, days, and the one-time code.
import { Button, CopyButton, Group, Modal, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../shell/api'
import { instant, zoneShown } from '../../shell/format'
import { Sign, type SignName } from '../../shell/signs'

export type PersonRow = Schemas['PersonRow']
export type GrantRow = Schemas['GrantRow']

const SIGNS: Record<PersonRow['state'] | GrantRow['state'], SignName> = {
  open: 'up', in_force: 'up', invited: 'unknown', to_come: 'unknown', locked: 'fault', ended: 'off', left: 'off', over: 'off',
}

/** Where an account or a grant stands, by shape and word. */
export function Standing({ state }: { state: PersonRow['state'] | GrantRow['state'] }) {
  const { t } = useTranslation('people')
  return <span className="people-state"><Sign name={SIGNS[state]} /><span>{t(`state.${state}`)}</span></span>
}

/** Over what a grant is. */
export function Place({ grant }: { grant: GrantRow }) {
  const { t } = useTranslation('people')
  if (grant.unit_id !== null) return <>{grant.unit || t('place.unit', { number: grant.unit_id })}</>
  if (grant.contract_id !== null) return <>{t('place.lot', { name: grant.contract || grant.contract_id })}</>
  return <>{t('place.everything')}</>
}

/** The instant at which a local day, written 2026-11-27, is over in the installation's zone; null where none is written. */
export function endOf(day: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null
  const utc_s = Date.parse(`${day}T00:00:00Z`) / 1000 + 86_400
  const told = new Intl.DateTimeFormat('en-US', {
    timeZone: zoneShown(), hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(utc_s * 1000)
  const part = (type: string) => Number(told.find((each) => each.type === type)?.value)
  const there_s = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) / 1000
  return utc_s - (there_s - utc_s)
}

/** The last local day before an instant, written 2026-11-27; empty for none. */
export function lastDay(at_s: number | null): string {
  return at_s === null ? '' : new Intl.DateTimeFormat('en-CA', { timeZone: zoneShown() }).format((at_s - 1) * 1000)
}

export function until(at_s: number | null): string {
  return at_s === null ? '–' : instant(at_s, 'minute')
}

/** A one-time code, shown once, with what it is for. */
export function CodeOnce({ code, login, onClose }: { code: string | null; login: string; onClose: () => void }) {
  const { t } = useTranslation(['people', 'shell'])
  return (
    <Modal opened={code !== null} onClose={onClose} title={t('code.title')}>
      {code !== null && (
        <Stack>
          <p>{t('code.note', { login })}</p>
          <code className="people-code">{code}</code>
          <Group>
            <CopyButton value={code}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? t('shell:copied') : t('shell:copy')}</Button>}</CopyButton>
            <Button onClick={onClose} data-autofocus>{t('code.told')}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
