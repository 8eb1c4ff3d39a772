// What changed of one camera in the register: who, when, why, and each value from what to what.
import { Paper, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { Answer } from '../../shell/page'
import { By, Done } from '../audit/said'

type Change = Schemas['CameraChange']
type Value = Schemas['ValueShown']

export function Changes({ point_id }: { point_id: number }) {
  const { t } = useTranslation('cameras')
  const id = useId()
  const found = useQuery({ queryKey: ['cameras', 'changes', point_id], queryFn: () => got(api.GET('/api/cameras/{point_id}/changes', { params: { path: { point_id } } })) })
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <div className="camera-part"><Title order={2} size="h5" id={id}>{t('changes.title')}</Title></div>
      <Answer of={found} lines={3}>
        {(rows) => rows.length === 0 ? <p className="dim">{t('changes.none')}</p> : (
          <ol className="camera-changes">{rows.map((each, at) => <li key={`${each.at_s}${each.act}${at}`}><One change={each} /></li>)}</ol>
        )}
      </Answer>
    </Paper>
  )
}

function One({ change }: { change: Change }) {
  const { t } = useTranslation('cameras')
  return (
    <>
      <div><strong><Done act={change.act} /></strong> · {change.actor && <><By actor={change.actor} /> · </>}<Instant at_s={change.at_s} />{change.why && <> · {t('changes.why', { why: change.why })}</>}</div>
      {change.fields.length > 0 && (
        <ul>
          {change.fields.map((each) => (
            <li key={each.name}><span className="dim">{t(`field.${each.name}`, { defaultValue: t(`changes.field.${each.name}`, { defaultValue: each.name }) })}</span> <del><Told value={each.before} /></del> → <ins><Told value={each.after} /></ins></li>
          ))}
        </ul>
      )}
    </>
  )
}

function Told({ value: { is_known, value } }: { value: Value }) {
  const { t } = useTranslation(['cameras', 'common'])
  if (!is_known) return <span className="dim">{t('changes.not_told')}</span>
  if (value === null || value === '') return <span className="dim">{t('changes.empty')}</span>
  if (typeof value === 'boolean') return <>{t(value ? 'common:word.yes' : 'common:word.no')}</>
  return <>{String(value)}</>
}
