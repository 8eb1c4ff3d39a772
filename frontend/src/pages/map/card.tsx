// One camera: how it stands, since when, why, by what evidence, who mends it, what it is for, and where its view will be.
import { ActionIcon, Button, Text, Title, Tooltip } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got } from '../../shell/api'
import { figure } from '../../shell/format'
import { useLive } from '../../shell/live'
import { Instant, StateMark } from '../../shell/marks'
import { Answer } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { SYSTEM_NAMES, SYSTEMS, told, type Pair } from './geo'
import { CopyButton } from '../../shell/copy'

function Line({ name, children }: { name: string; children: ReactNode }) {
  return <div className="map-line"><dt>{name}</dt><dd>{children}</dd></div>
}

/** The reason behind a state in words: an outcome, or a kind of fault. */
export function Reason({ code }: { code: string }) {
  const { t } = useTranslation('common')
  if (!code) return <span className="dim">{'–'}</span>
  return <>{t(`kind.${code}`, { defaultValue: t(`outcome.${code}`, { defaultValue: code }) })}</>
}

/** A place in the three systems, each to be copied. */
export function Coordinates({ place }: { place: Pair }) {
  const { t } = useTranslation('map')
  return (
    <ul className="map-systems">
      {SYSTEMS.map((each) => (
        <li key={each}><span>{SYSTEM_NAMES[each]}</span><code>{told(place, each)}</code><CopyButton text={told(place, each)} label={t('copy', { name: SYSTEM_NAMES[each] })} /></li>
      ))}
    </ul>
  )
}

export function CameraCard({ point_id, onClose, onFly }: { point_id: number; onClose: () => void; onFly: (place: Pair) => void }) {
  const { t } = useTranslation(['map', 'common'])
  const queries = useQueryClient()
  const card = useQuery({ queryKey: ['map', 'card', point_id], queryFn: () => got(api.GET('/api/map/cameras/{point_id}', { params: { path: { point_id } } })) })
  useLive(['cameras', 'tickets'], () => void queries.invalidateQueries({ queryKey: ['map', 'card', point_id] }))
  const head = useRef<HTMLHeadingElement>(null)
  const name = card.data?.camera.name
  useEffect(() => head.current?.focus(), [point_id, name])
  return (
    <section className="map-card" aria-labelledby="map-card-name" onKeyDown={(event) => { if (event.key === 'Escape') onClose() }}>
      <Answer of={card} lines={8}>
        {({ camera, unit, purpose, legal_basis, owner_department, is_planned, evidence, faults, ticket }) => (
          <>
            <header>
              <Title order={2} size="h5" id="map-card-name" ref={head} tabIndex={-1}>{camera.name}</Title>
              <Tooltip label={t('close')}><ActionIcon variant="subtle" color="gray" aria-label={t('close')} onClick={onClose}><Sign name="close" /></ActionIcon></Tooltip>
            </header>
            <Text size="xs" c="dimmed">{[unit, camera.code].filter(Boolean).join(' · ')}</Text>
            <dl>
              <Line name={t('common:word.state')}><StateMark state={camera.state} />{is_planned && <> <StateMark state="planned" /></>}</Line>
              <Line name={t('common:word.since')}>{camera.since_s === null ? t('never') : <><Instant at_s={camera.since_s} /> (<Instant at_s={camera.since_s} form="ago" />)</>}</Line>
              <Line name={t('common:word.reason')}><Reason code={camera.reason} /></Line>
              {faults.map((each) => (
                <Line key={`${each.kind} ${each.since_s}`} name={t('evidence_of', { kind: t(`common:kind.${each.kind}`, { defaultValue: each.kind }) })}>
                  {t('figure', { figure: figure(each.figure, 3), limit: figure(each.limit, 3) })}{each.compared_with && <> · {t(`against.${each.compared_with}`, { defaultValue: each.compared_with })}</>}
                </Line>
              ))}
              <Line name={t('common:word.ticket')}>
                {ticket ? <Link href={`/work/tickets/${ticket.ticket_id}`}>{`#${ticket.ticket_id}`} {t(`common:stage.${ticket.stage}`)}, {t(`common:desk.${ticket.desk}`)}</Link> : t('no_ticket')}
              </Line>
              <Line name={t('common:word.purpose')}>{purpose ? [purpose, legal_basis].filter(Boolean).join(' · ') : t('no_purpose')}</Line>
              {owner_department && <Line name={t('owner')}>{owner_department}</Line>}
            </dl>
            {evidence.length > 0 && (
              <details>
                <summary>{t('looks')}</summary>
                <ol className="map-looks">
                  {evidence.map((each) => (
                    <li key={`${each.at_s} ${each.state} ${each.reason}`}><Instant at_s={each.at_s} /> <StateMark state={each.state} /> {each.reason && <Reason code={each.reason} />}</li>
                  ))}
                </ol>
              </details>
            )}
            {camera.lon !== null && camera.lat !== null && <Coordinates place={[camera.lon, camera.lat]} />}
            <p className="map-view-place"><Sign name="cameras" /> {t('view_place')}</p>
            <div className="map-card-acts">
              <Button component={Link} href={`/cameras/${camera.point_id}`} size="xs">{t('open')}</Button>
              {camera.lon !== null && camera.lat !== null && <Button size="xs" variant="default" onClick={() => onFly([camera.lon as number, camera.lat as number])}>{t('fly')}</Button>}
            </div>
          </>
        )}
      </Answer>
    </section>
  )
}
