// Settings: units, schedules and limits, the stop switch, lines, calendars, messages, copies of the books.
import { Stack } from '@mantine/core'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useRoute } from 'wouter'
import { useMe, type Verb } from '../../shell/me'
import { PageHead } from '../../shell/page'
import { Backups } from './backups'
import { Calendars } from './calendars'
import { Limits } from './limits'
import { Lines } from './lines'
import { Messages } from './messages'
import './settings.css'
import { StopSwitch } from './switch'
import { Units } from './units'

const PAGES: [name: string, verb: Verb, Page: ComponentType][] = [
  ['units', 'set', Units],
  ['limits', 'set', Limits],
  ['switch', 'stop', StopSwitch],
  ['lines', 'set', Lines],
  ['calendars', 'set', Calendars],
  ['messages', 'set', Messages],
  ['backups', 'set', Backups],
]

export default function Settings() {
  const { t } = useTranslation('settings')
  const me = useMe()
  const [, within] = useRoute('/settings/:page')
  const mine = PAGES.filter(([, verb]) => me.may(verb))
  const shown = mine.find(([name]) => name === within?.page) ?? mine[0]
  if (!shown) return <PageHead title={t('title')} lead={t('nothing')} />
  const [name, , Page] = shown
  return (
    <>
      <PageHead title={`${t('title')}: ${t(`page.${name}`)}`} lead={t(`lead.${name}`)} />
      <nav aria-label={t('pages')}>
        <ul className="settings-nav">
          {mine.map(([each]) => (
            <li key={each}><Link href={`/settings/${each}`} aria-current={each === name ? 'page' : undefined}>{t(`page.${each}`)}</Link></li>
          ))}
        </ul>
      </nav>
      <Stack gap="lg"><Page /></Stack>
    </>
  )
}
