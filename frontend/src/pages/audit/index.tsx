// The audit log: what was done, what was signed, and the cases made of it.
import { useTranslation } from 'react-i18next'
import { Link, Route, Switch, useLocation } from 'wouter'
import { PageHead } from '../../shell/page'
import { Cases } from './cases'
import { Checkpoints } from './checkpoints'
import { Entry } from './entry'
import { Log } from './log'
import './audit.css'

export default function Audit() {
  return (
    <Switch>
      <Route path="/audit/entries/:number">{({ number }) => <Entry number={Number(number)} />}</Route>
      <Route path="/audit/checkpoints"><Head /><Checkpoints /></Route>
      <Route path="/audit/cases"><Head /><Cases /></Route>
      <Route><Head /><Log /></Route>
    </Switch>
  )
}

const PARTS = [['/audit', 'log'], ['/audit/checkpoints', 'checkpoints'], ['/audit/cases', 'cases']] as const

function Head() {
  const { t } = useTranslation('audit')
  const [path] = useLocation()
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <nav aria-label={t('tabs.label')} className="audit-tabs">
        {PARTS.map(([to, name]) => <Link key={to} href={to} aria-current={path === to ? 'page' : undefined}>{t(`tabs.${name}`)}</Link>)}
      </nav>
    </>
  )
}
