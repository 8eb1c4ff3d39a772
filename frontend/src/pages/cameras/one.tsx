// One camera: how it stands and why, its past in bands, its tickets, what hangs there, and what is declared of it.
import { Alert, Badge, Button, Paper, SegmentedControl, Stack, Table, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { TableTwin } from '../../shell/charts'
import { figure, instant, length, percent } from '../../shell/format'
import { useLive } from '../../shell/live'
import { Instant, StateMark } from '../../shell/marks'
import { Answer, Empty, PageHead, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { PictureFigures } from './figures'
import { Changes } from './changes'
import { useReason } from './reason'

type Card = Schemas['CameraCard']
type File = Schemas['CameraFileShown']
type Past = Schemas['CameraPast']
const LANES = ['reachable', 'delivery', 'picture_fit'] as const

export function OneCamera({ point_id }: { point_id: number }) {
  const { t } = useTranslation(['cameras', 'common'])
  const queries = useQueryClient()
  const path = { path: { point_id } }
  const file = useQuery({ queryKey: ['cameras', 'one', point_id], queryFn: () => got(api.GET('/api/cameras/{point_id}', { params: path })) })
  const card = useQuery({ queryKey: ['cameras', 'card', point_id], queryFn: () => got(api.GET('/api/map/cameras/{point_id}', { params: path })) })
  useLive(['cameras', 'tickets'], () => {
    void queries.invalidateQueries({ queryKey: ['cameras', 'card', point_id] })
    void queries.invalidateQueries({ queryKey: ['cameras', 'past', point_id] })
    void queries.invalidateQueries({ queryKey: ['cameras', 'picture', point_id] })
  })
  const name = file.data?.name ?? t('common:word.camera')
  return (
    <>
      <PageHead title={name} trail={[{ title: t('title'), to: '/cameras' }]} lead={file.data && [file.data.unit, file.data.code, file.data.klass && t(`common:class.${file.data.klass}`)].filter(Boolean).join(' · ')}
        acts={file.data?.lon != null && <Button component={Link} href={`/map?camera=${point_id}`} variant="default" size="sm" leftSection={<Sign name="map" />}>{t('on_map')}</Button>} />
      <div className="camera-sheets">
        <Answer of={card} lines={5}>{(found) => <Now card={found} />}</Answer>
        <PastBands point_id={point_id} />
        <Part title={t('picture.title')}><PictureFigures point_id={point_id} /></Part>
        <Tickets point_id={point_id} />
        <Answer of={file} lines={6}>{(found) => <><Declared file={found} /><Devices file={found} /></>}</Answer>
        <Changes point_id={point_id} />
        <Part title={t('view.title')}><p className="dim"><Sign name="cameras" /> {t('view.comes')}</p></Part>
      </div>
    </>
  )
}

function Part({ title, beside, children }: { title: string; beside?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <div className="camera-part"><Title order={2} size="h5" id={id}>{title}</Title>{beside}</div>
      {children}
    </Paper>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>
}

function Now({ card }: { card: Card }) {
  const { t } = useTranslation(['cameras', 'common'])
  const reason = useReason()
  const { camera, evidence, faults, ticket, is_planned } = card
  return (
    <Part title={t('now')}>
      <dl className="camera-lines">
        <Line name={t('common:word.state')}><StateMark state={camera.state} /> {is_planned && <StateMark state="planned" />}</Line>
        <Line name={t('common:word.since')}>{camera.since_s === null ? t('never') : <><Instant at_s={camera.since_s} /> (<Instant at_s={camera.since_s} form="ago" />)</>}</Line>
        <Line name={t('common:word.reason')}>{reason(camera.reason)}</Line>
        {faults.map((each) => (
          <Line key={`${each.kind}${each.since_s}`} name={reason(each.kind)}>
            {t('figure', { figure: figure(each.figure, 3), limit: figure(each.limit, 3) })} · {t(`common:severity.${each.severity}`)} · <Instant at_s={each.since_s} />
          </Line>
        ))}
        <Line name={t('common:word.ticket')}>{ticket ? <Link href={`/work/tickets/${ticket.ticket_id}`}>{`#${ticket.ticket_id} `}{t(`common:stage.${ticket.stage}`)} · {t(`common:desk.${ticket.desk}`)}</Link> : t('no_ticket')}</Line>
      </dl>
      {evidence.length > 0 && (
        <details>
          <summary>{t('evidence')}</summary>
          <Wide label={t('evidence')}>
            <Table aria-label={t('evidence')} miw={420}>
              <Table.Thead><Table.Tr><Table.Th>{t('when')}</Table.Th><Table.Th>{t('common:word.state')}</Table.Th><Table.Th>{t('common:word.reason')}</Table.Th><Table.Th>{t('prober')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {evidence.map((each) => (
                  <Table.Tr key={`${each.at_s}${each.state}${each.reason}`}><Table.Td><Instant at_s={each.at_s} /></Table.Td><Table.Td><StateMark state={each.state} /></Table.Td><Table.Td>{reason(each.reason)}</Table.Td><Table.Td>{each.prober}</Table.Td></Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        </details>
      )}
    </Part>
  )
}

function PastBands({ point_id }: { point_id: number }) {
  const { t } = useTranslation(['cameras', 'common'])
  const [days, setDays] = useState('7')
  const past = useQuery({
    queryKey: ['cameras', 'past', point_id, days], placeholderData: (before: Past | undefined) => before,
    queryFn: () => got(api.GET('/api/cameras/{point_id}/past', { params: { path: { point_id }, query: { days: Number(days) } } })),
  })
  return (
    <Part title={t('past')} beside={<SegmentedControl size="xs" aria-label={t('past')} value={days} onChange={setDays} data={['1', '7', '31'].map((value) => ({ value, label: t('days', { count: Number(value) }) }))} />}>
      <Answer of={past} lines={3}>{(found) => <Bands past={found} />}</Answer>
    </Part>
  )
}

/** What held, lane by lane: up full, down with stripes, unknown empty. The table says the same in figures. */
function Bands({ past }: { past: Past }) {
  const { t } = useTranslation(['cameras', 'common'])
  const span = past.to_s - past.from_s
  const lanes = LANES.map((lane) => {
    const bands = past.bands.filter((each) => each.lane === lane)
    const sum = (is_up: boolean) => bands.filter((each) => each.is_up === is_up).reduce((all, each) => all + each.to_s - each.from_s, 0)
    return { lane, bands, up_s: sum(true), down_s: sum(false) }
  })
  return (
    <TableTwin
      label={t('bands')}
      chart={
        <div className="bands">
          {lanes.map(({ lane, bands, up_s, down_s }) => (
            <div key={lane} className="band-row">
              <span>{t(`common:lane.${lane}`)}</span>
              <svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label={`${t(`common:lane.${lane}`)}: ${up_s + down_s > 0 ? percent(up_s / (up_s + down_s)) : t('common:rate.none')}`}>
                <rect className="band-none" width="1000" height="20" />
                {bands.map((each) => (
                  <rect key={`${each.from_s}${each.is_up}`} className={each.is_up ? 'band-up' : 'band-down'} x={((each.from_s - past.from_s) / span) * 1000} width={Math.max(1, ((each.to_s - each.from_s) / span) * 1000)} y={each.is_up ? 4 : 0} height={each.is_up ? 12 : 20}>
                    <title>{`${instant(each.from_s)} – ${instant(each.to_s)}`}</title>
                  </rect>
                ))}
              </svg>
            </div>
          ))}
          <p className="bands-ends dim"><Instant at_s={past.from_s} /><span>{t('legend')}</span><Instant at_s={past.to_s} /></p>
        </div>
      }
      table={
        <Table aria-label={t('bands')}>
          <Table.Thead><Table.Tr><Table.Th>{t('lane')}</Table.Th><Table.Th>{t('common:state.up')}</Table.Th><Table.Th>{t('common:state.down')}</Table.Th><Table.Th>{t('common:state.unknown')}</Table.Th><Table.Th>{t('rate')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {lanes.map(({ lane, up_s, down_s }) => (
              <Table.Tr key={lane}>
                <Table.Th scope="row">{t(`common:lane.${lane}`)}</Table.Th><Table.Td>{length(up_s)}</Table.Td><Table.Td>{length(down_s)}</Table.Td><Table.Td>{length(span - up_s - down_s)}</Table.Td>
                <Table.Td>{up_s + down_s > 0 ? percent(up_s / (up_s + down_s)) : t('common:rate.none')}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      }
    />
  )
}

function Tickets({ point_id }: { point_id: number }) {
  const { t } = useTranslation(['cameras', 'common'])
  const found = useQuery({ queryKey: ['tickets', 'of', point_id], queryFn: () => got(api.GET('/api/tickets', { params: { query: { point: point_id, limit: 20 } } })) })
  return (
    <Part title={t('common:word.tickets')} beside={<Link href={`/work/tickets?view=all&point=${point_id}`}>{t('common:act.show_all')}</Link>}>
      <Answer of={found} lines={2}>
        {({ rows }) => rows.length === 0 ? <p className="dim">{t('no_tickets')}</p> : (
          <ul className="camera-tickets">
            {rows.map((each) => (
              <li key={each.ticket_id}><Link href={`/work/tickets/${each.ticket_id}`}>{`#${each.ticket_id}`}</Link> <span>{t(`common:cause.${each.kind}`, { defaultValue: each.kind })}</span> <Badge variant="light" color="gray">{t(`common:stage.${each.stage}`)}</Badge></li>
            ))}
          </ul>
        )}
      </Answer>
    </Part>
  )
}

function Declared({ file }: { file: File }) {
  const { t } = useTranslation(['cameras', 'common'])
  const told = [['place_kind', file.place_kind], ['purpose', file.purpose], ['legal_basis', file.legal_basis], ['owner_department', file.owner_department], ['contact', file.contact], ['address', file.address]] as const
  return (
    <Part title={t('declared')}>
      <Stack gap="sm">
        {file.missing.length > 0 && <Alert color="orange" variant="light" icon={<Sign name="fault" />}>{t('missing', { what: file.missing.map((each) => t(`field.${each}`)).join(', ') })}</Alert>}
        <dl className="camera-lines">
          {told.map(([name, value]) => <Line key={name} name={t(`field.${name}`)}>{value || <span className="dim">{'–'}</span>}</Line>)}
          <Line name={t('whole')}>{t('whole_of', { there: file.required - file.lacking.length, all: file.required })}{file.lacking.length > 0 && <span className="dim"> {t('whole_lacks', { what: file.lacking.map((each) => t(`field.${each}`)).join(', ') })}</span>}</Line>
          <Line name={t('field.service')}><Instant at_s={file.in_service_from_s} form="day" /> – {file.in_service_to_s ? <Instant at_s={file.in_service_to_s} form="day" /> : t('on')}</Line>
        </dl>
      </Stack>
    </Part>
  )
}

function Devices({ file }: { file: File }) {
  const { t } = useTranslation(['cameras', 'common'])
  return (
    <Part title={t('devices')}>
      {file.devices.length === 0 ? <Empty title={t('no_devices')} /> : (
        <Wide label={t('devices')}>
          <Table aria-label={t('devices')} miw={560}>
            <Table.Thead><Table.Tr><Table.Th>{t('hung')}</Table.Th><Table.Th>{t('make')}</Table.Th><Table.Th>{t('serial')}</Table.Th><Table.Th>{t('warranty')}</Table.Th>{file.may_see_addresses && <Table.Th>{t('common:word.address')}</Table.Th>}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {file.devices.map((each) => (
                <Table.Tr key={`${each.device_id}${each.from_s}`}>
                  <Table.Td><Instant at_s={each.from_s} form="day" /> – {each.to_s ? <Instant at_s={each.to_s} form="day" /> : t('on')}</Table.Td>
                  <Table.Td>{[each.make, each.model].filter(Boolean).join(' ') || '–'}</Table.Td><Table.Td>{each.serial || '–'}</Table.Td><Table.Td>{each.warranty_until ?? '–'}</Table.Td>
                  {file.may_see_addresses && <Table.Td><code>{each.url}</code></Table.Td>}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Part>
  )
}
