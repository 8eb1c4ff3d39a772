// The work of repair: tickets and their causes, a crew's day, contracts, acceptance and assessment.
import { Redirect, Route, Switch } from 'wouter'
import { useMe } from '../../shell/me'
import { Acceptance, OneBatch } from './acceptance'
import { Assessments, OneAssessment, OneObjection } from './assessments'
import { Cleaning, Review } from './cases'
import { Contracts, OneContract } from './contracts'
import { WorkNav } from './parts'
import { OnePlan, Plans, Today } from './plans'
import { OneShift, Shift } from './shift'
import { OneTicket } from './ticket'
import { Causes, Tickets } from './tickets'

export default function Work() {
  const me = useMe()
  const home = me.may('repair') && !me.may('dispatch') ? '/work/today' : '/work/tickets'
  return (
    <>
      <WorkNav />
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
    </>
  )
}
