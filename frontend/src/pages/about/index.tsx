// What this installation is, what it will never be, and what it is made of.
import { Anchor, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, got, problemOf } from '../../shell/api'
import { Answer, PageHead, Wide } from '../../shell/page'
import { Keys } from '../audit/checkpoints'
import '../audit/audit.css'

interface Package {
  name: string
  version: string
  licence: string
  text?: string
}

const CLAUSES = Array.from({ length: 10 }, (_, at) => at + 1)

export default function About() {
  const { t } = useTranslation('about')
  const found = useQuery({ queryKey: ['about'], queryFn: () => got(api.GET('/api/about')), staleTime: 300_000 })
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <Stack gap="lg" className="sheet">
        <Part title={t('here.title')}>
          <Answer of={found} lines={4}>
            {(said) => (
              <dl className="audit-facts">
                <dt>{t('here.organisation')}</dt><dd>{said.organisation}</dd>
                <dt>{t('here.kind')}</dt><dd>{t(said.exercise ? 'here.exercise' : 'here.real')}</dd>
                <dt>{t('here.version')}</dt><dd>{said.version}</dd>
                <dt>{t('here.revision')}</dt><dd>{said.revision}</dd>
                <dt>{t('here.database')}</dt><dd>{said.database === 'sqlite' ? 'SQLite' : 'PostgreSQL'}</dd>
                <dt>{t('here.tz')}</dt><dd>{said.tz}</dd>
              </dl>
            )}
          </Answer>
        </Part>
        <Part title={t('charter.title')} note={t('charter.note')}>
          <ol className="audit-steps">
            {CLAUSES.map((each) => <li key={each}><strong>{t(`clause.c${each}.title`)}.</strong> {t(`clause.c${each}.text`)}</li>)}
          </ol>
          <Text size="sm" c="dimmed" mt="sm">{t('charter.full')}</Text>
        </Part>
        <Keys />
        <Part title={t('verifier.title')} note={t('verifier.note')}>
          <Anchor className="audit-link" href="/api/audit/verifier" download>{t('verifier.act')}</Anchor>
        </Part>
        <Part title={t('api.title')} note={t('api.note')}>
          <Anchor component={Link} className="audit-link" href="/api">{t('api.act')}</Anchor>
        </Part>
        <Part title={t('licences.title')} note={t('licences.note')}>
          <Stack gap="md">
            <details>
              <summary>{t('licences.server')}</summary>
              <Answer of={found}>{(said) => <Packages label={t('licences.server')} rows={said.parts} />}</Answer>
            </details>
            <Pages />
            <Text size="sm" c="dimmed">{t('licences.data')}</Text>
          </Stack>
        </Part>
      </Stack>
    </>
  )
}

function Part({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Title order={2} size="h5" id={id} mb={note ? 4 : 'sm'}>{title}</Title>
      {note && <Text size="sm" c="dimmed" mb="sm">{note}</Text>}
      {children}
    </Paper>
  )
}

/** What the build wrote of all that is in the pages, with the text of each licence. */
function Pages() {
  const { t } = useTranslation('about')
  const found = useQuery({
    queryKey: ['about', 'pages'],
    queryFn: async () => {
      const answer = await fetch('/licences.json')
      if (!answer.ok) throw await problemOf(answer)
      return (await answer.json()) as Package[]
    },
    staleTime: Infinity,
  })
  return (
    <details>
      <summary>{t('licences.pages')}</summary>
      <Answer of={found}>{(rows) => <Packages label={t('licences.pages')} rows={rows} />}</Answer>
    </details>
  )
}

function Packages({ label, rows }: { label: string; rows: Package[] }) {
  const { t } = useTranslation('about')
  const hasText = rows.some((each) => each.text)
  return (
    <Wide label={label}>
      <Table aria-label={label} miw={420}>
        <Table.Thead><Table.Tr><Table.Th>{t('licences.name')}</Table.Th><Table.Th>{t('licences.version')}</Table.Th><Table.Th>{t('licences.licence')}</Table.Th>{hasText && <Table.Th>{t('licences.text')}</Table.Th>}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows.map((each) => (
            <Table.Tr key={each.name}>
              <Table.Td>{each.name}</Table.Td>
              <Table.Td className="figure">{each.version}</Table.Td>
              <Table.Td>{each.licence}</Table.Td>
              {hasText && <Table.Td>{each.text && <details><summary>{t('licences.text')}</summary><code className="audit-hashed">{each.text}</code></details>}</Table.Td>}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  )
}
