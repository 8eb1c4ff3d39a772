// One entry: what was entered, and the proof that it stands in the signed log, in plain words.
import { Button, CopyButton, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { count, instant } from '../../shell/format'
import { Instant } from '../../shell/marks'
import { Answer, PageHead } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { holdsHere } from './proved'
import { By, Done, plain, Upon } from './said'

export function Entry({ number }: { number: number }) {
  const { t } = useTranslation('audit')
  const found = useQuery({ queryKey: ['audit', 'entry', number], queryFn: () => got(api.GET('/api/audit/entries/{number}', { params: { path: { number } } })), staleTime: Infinity })
  const point = found.data?.entry.subject.startsWith('point:') ? found.data.entry.subject.slice(6) : ''
  return (
    <>
      <PageHead title={t('entry.title', { number: count(number) })} trail={[{ title: t('title'), to: '/audit' }]}
        acts={
          <>
            {point && <Button size="xs" variant="default" component={Link} href={`/audit/cases?point=${point}`}>{t('entry.case')}</Button>}
            <Button size="xs" variant="default" component="a" href={`/api/audit/entries/${number}/proof`} download leftSection={<Sign name="down_file" />}>{t('entry.download')}</Button>
          </>
        } />
      <Answer of={found}>{(shown) => <Stack gap="lg" className="sheet"><Said entry={shown.entry} /><Proof shown={shown} /></Stack>}</Answer>
    </>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Title order={2} size="h5" id={id} mb="sm">{title}</Title>
      {children}
    </Paper>
  )
}

function Said({ entry }: { entry: Schemas['EntryRow'] }) {
  const { t } = useTranslation('audit')
  return (
    <Part title={t('entry.said')}>
      {entry.is_erased ? <Text c="dimmed">{t('erased')}</Text> : (
        <dl className="audit-facts">
          <dt>{t('columns.at')}</dt><dd><Instant at_s={entry.at_s} form="second" /></dd>
          <dt>{t('columns.actor')}</dt><dd><By actor={entry.actor} /></dd>
          <dt>{t('columns.act')}</dt><dd><Done act={entry.act} /></dd>
          <dt>{t('columns.subject')}</dt><dd><Upon subject={entry.subject} leads /></dd>
          {Object.entries(entry.detail).map(([name, value]) => (
            <div key={name} className="audit-fact"><dt><code>{name}</code></dt><dd>{plain(value)}</dd></div>
          ))}
        </dl>
      )}
    </Part>
  )
}

function Proof({ shown }: { shown: Schemas['ProofShown'] }) {
  const { t } = useTranslation(['audit', 'shell'])
  const { checkpoint, entry } = shown
  const here = useQuery({
    queryKey: ['audit', 'here', entry.number, checkpoint.size],
    queryFn: () => holdsHere({ number: entry.number, text: shown.text, leaf: shown.leaf, path: shown.path, size: checkpoint.size, root: checkpoint.root }),
    staleTime: Infinity,
  })
  const holds = shown.holds && here.data !== false
  return (
    <Part title={t('entry.proof')}>
      <Stack gap="sm">
        <span className="state" data-state={holds ? 'up' : 'down'}><Sign name={holds ? 'up' : 'down'} /> <strong>{t(holds ? 'entry.holds' : 'entry.fails')}</strong></span>
        <Text>{t(holds ? 'entry.holds_note' : 'entry.fails_note')}</Text>
        {here.data !== undefined && <Text c="dimmed" size="sm">{t(here.data === null ? 'entry.here_cannot' : here.data ? 'entry.here_holds' : 'entry.here_fails')}</Text>}
        <ol className="audit-steps">
          <li>{t('entry.step_leaf')} <code>{shown.leaf}</code></li>
          <li>{t('entry.step_path', { count: shown.path.length })} <code>{checkpoint.root}</code></li>
          <li>{t('entry.step_signed', { size: count(checkpoint.size), at: checkpoint.at_s === null ? '' : instant(checkpoint.at_s, 'second') })} <code>{shown.public}</code>
            <Text size="sm" c="dimmed">{t('entry.step_key')}</Text>
          </li>
        </ol>
        {shown.text && (
          <details>
            <summary>{t('entry.text')}</summary>
            <code className="audit-hashed">{shown.text}</code>
            <Group mt={6}><CopyButton value={shown.text}>{({ copied, copy }) => <Button size="compact-xs" variant="default" onClick={copy}>{t(copied ? 'shell:copied' : 'shell:copy')}</Button>}</CopyButton></Group>
          </details>
        )}
        {shown.path.length > 0 && (
          <details>
            <summary>{t('entry.path')}</summary>
            <ol className="audit-steps">{shown.path.map((each, at) => <li key={`${at}-${each}`}><code>{each}</code></li>)}</ol>
          </details>
        )}
      </Stack>
    </Part>
  )
}
