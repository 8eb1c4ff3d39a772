// The work of repair: tickets and their causes, a crew's day, contracts, acceptance and assessment.
import { lazy, Suspense } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { useMe } from '../../shell/me'
import { Waiting } from '../../shell/page'
import { Causes, Tickets } from './tickets'
import { OneTicket } from './ticket'
import { WorkNav } from './parts'

const Cleaning = lazy(() => import('./cases').then((found) => ({ default: found.Cleaning })))
const Review = lazy(() => import('./cases').then((found) => ({ default: found.Review })))
const Today = lazy(() => import('./plans').then((found) => ({ default: found.Today })))
const Plans = lazy(() => import('./plans').then((found) => ({ default: found.Plans })))
const OnePlan = lazy(() => import('./plans').then((found) => ({ default: found.OnePlan })))
const Shift = lazy(() => import('./shift').then((found) => ({ default: found.Shift })))
const OneShift = lazy(() => import('./shift').then((found) => ({ default: found.OneShift })))
const Contracts = lazy(() => import('./contracts').then((found) => ({ default: found.Contracts })))
const OneContract = lazy(() => import('./contracts').then((found) => ({ default: found.OneContract })))
const Acceptance = lazy(() => import('./acceptance').then((found) => ({ default: found.Acceptance })))
const OneBatch = lazy(() => import('./acceptance').then((found) => ({ default: found.OneBatch })))
const Assessments = lazy(() => import('./assessments').then((found) => ({ default: found.Assessments })))
const OneAssessment = lazy(() => import('./assessments').then((found) => ({ default: found.OneAssessment })))
const OneObjection = lazy(() => import('./assessments').then((found) => ({ default: found.OneObjection })))

export default function Work() {
  const me = useMe()
  const home = me.may('repair') && !me.may('dispatch') ? '/work/today' : '/work/tickets'
  return (
    <>
      <WorkNav />
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/work/tickets"><Tickets /></Route>
          <Route path="/work/tickets/:number">{({ number }) => <OneTicket key={number} number={Number(number)} />}</Route>
          <Route path="/work/causes"><Causes /></Route>
          <Route path="/work/cleaning"><Cleaning /></Route>
          <Route path="/work/review"><Review /></Route>
          <Route path="/work/today"><Today /></Route>
          <Route path="/work/plans"><Plans /></Route>
          <Route path="/work/plans/:number">{({ number }) => <OnePlan key={number} number={Number(number)} />}</Route>
          <Route path="/work/shift"><Shift /></Route>
          <Route path="/work/shift/:number">{({ number }) => <OneShift key={number} number={Number(number)} />}</Route>
          <Route path="/work/contracts"><Contracts /></Route>
          <Route path="/work/contracts/:name">{({ name }) => <OneContract key={name} name={decodeURIComponent(name)} />}</Route>
          <Route path="/work/acceptance"><Acceptance /></Route>
          <Route path="/work/acceptance/:name">{({ name }) => <OneBatch key={name} name={decodeURIComponent(name)} />}</Route>
          <Route path="/work/assessments"><Assessments /></Route>
          <Route path="/work/assessments/:number">{({ number }) => <OneAssessment key={number} number={Number(number)} />}</Route>
          <Route path="/work/assessments/:number/:objection">
            {({ number, objection }) => <OneObjection key={`${number}.${objection}`} number={Number(number)} objection={Number(objection)} />}
          </Route>
          <Route><Redirect to={home} replace /></Route>
        </Switch>
      </Suspense>
    </>
  )
}
