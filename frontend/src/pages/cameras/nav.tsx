// What belongs to the register beside the list: reading sheets in, changing many, taking over.
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { useMe, type Verb } from '../../shell/me'

const PLACES: [name: string, to: string, verb: Verb][] = [
  ['list', '/cameras', 'see'],
  ['import', '/cameras/import', 'keep_register'],
  ['edits', '/cameras/edits', 'keep_register'],
  ['takeover', '/cameras/takeover', 'take_over'],
]

export function RegisterNav() {
  const { t } = useTranslation('cameras')
  const me = useMe()
  const [path] = useLocation()
  const mine = PLACES.filter(([, , verb]) => me.may(verb))
  if (mine.length < 2) return null
  return (
    <nav className="tab-nav" aria-label={t('nav.label')}>
      {mine.map(([name, to]) => <Link key={name} href={to} aria-current={path === to ? 'page' : undefined}>{t(`nav.${name}`)}</Link>)}
    </nav>
  )
}
