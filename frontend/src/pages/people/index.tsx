// Who may sign in, what was granted to whom, and what each role may do: for whoever keeps the accounts.
import { useTranslation } from 'react-i18next'
import { Link, Route, Switch, useLocation } from 'wouter'
import { PageHead } from '../../shell/page'
import { Grants } from './grants'
import { Person } from './person'
import { Rights } from './rights'
import { Staff } from './staff'
import './people.css'

export default function People() {
  return (
    <Switch>
      <Route path="/people/grants"><Head /><Grants /></Route>
      <Route path="/people/rights"><Head /><Rights /></Route>
      <Route path="/people/:number">{({ number }) => <Person number={Number(number)} />}</Route>
      <Route><Head /><Staff /></Route>
    </Switch>
  )
}

const PARTS = [['/people', 'staff'], ['/people/grants', 'grants'], ['/people/rights', 'rights']] as const

function Head() {
  const { t } = useTranslation('people')
  const [path] = useLocation()
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <nav aria-label={t('tabs.label')} className="people-tabs">
        {PARTS.map(([to, name]) => <Link key={to} href={to} aria-current={path === to ? 'page' : undefined}>{t(`tabs.${name}`)}</Link>)}
      </nav>
    </>
  )
}
