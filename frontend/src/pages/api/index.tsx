// The interface for programs: every operation of the server with the right that it needs, from the description it gives of itself.
import { Anchor, Badge, Paper, Stack, Table, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { CopyButton } from '../../shell/copy'
import { problemOf } from '../../shell/api'
import { Answer, Empty, PageHead, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { useUrlState, writeUrl } from '../../shell/url'
import { curlOf, findIn, operationsOf, treeOf, type Asked, type Description, type Node } from './description'
import './api.css'

const SAID = '/api/openapi.json'
const BLANK = { q: '', op: '' }

export default function Interface() {
  const { t } = useTranslation('api')
  const found = useQuery({
    queryKey: ['openapi'],
    queryFn: async () => {
      const answer = await fetch(SAID)
      if (!answer.ok) throw await problemOf(answer)
      return (await answer.json()) as Description
    },
    staleTime: Infinity,
  })
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} acts={<><Anchor component={Link} href="/account" size="sm">{t('tokens')}</Anchor><Anchor href={SAID} download="openapi.json" size="sm">{t('file')}</Anchor></>} />
      <Answer of={found} lines={12}>{(said) => <Operations said={said} />}</Answer>
    </>
  )
}

function Operations({ said }: { said: Description }) {
  const { t } = useTranslation('api')
  const [{ q, op }, set] = useUrlState(BLANK)
  const all = useMemo(() => operationsOf(said), [said])
  const shown = useMemo(() => findIn(all, q), [all, q])
  const open = all.find((each) => each.operationId === op)
  return (
    <div className="api" data-open={open ? true : undefined}>
      <div className="api-list">
        <TextInput size="sm" type="search" aria-label={t('find')} placeholder={t('find')} leftSection={<Sign name="search" />} value={q} onChange={(event) => set({ q: event.currentTarget.value })} />
        <p className="dim" role="status">{t('count', { count: shown.length })}</p>
        <List shown={shown} q={q} op={op} />
      </div>
      <div className="api-one">{open ? <One key={op} asked={open} said={said} /> : <Start version={said.info.version} />}</div>
    </div>
  )
}

function List({ shown, q, op }: { shown: Asked[]; q: string; op: string }) {
  const { t } = useTranslation('api')
  if (shown.length === 0) return <Empty title={t('none')} />
  return (
    <nav aria-label={t('operations')} className="api-tags" tabIndex={0}>
      {[...new Set(shown.map((each) => each.tag))].map((tag) => (
        <section key={tag} aria-label={t(`tag.${tag}`, { defaultValue: tag })}>
          <Title order={2} size="h6">{t(`tag.${tag}`, { defaultValue: tag })}</Title>
          <ul>
            {shown.filter((each) => each.tag === tag).map((each) => (
              <li key={each.operationId}>
                <Link href={`/api?${writeUrl('', BLANK, { q, op: each.operationId })}`} aria-current={each.operationId === op ? 'true' : undefined}><Method of={each.method} /><code>{each.path}</code></Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

function Method({ of }: { of: string }) {
  return <span className="api-method" data-method={of}>{of}</span>
}

function Start({ version }: { version: string }) {
  const { t } = useTranslation('api')
  return (
    <Paper withBorder p="md" component="section" aria-label={t('start.title')}>
      <Title order={2} size="h5" mb="sm">{t('start.title')}</Title>
      <ol className="api-start">
        {(['choose', 'token', 'run', 'pages', 'problems'] as const).map((each) => <li key={each}>{t(`start.${each}`)}</li>)}
      </ol>
      <p className="dim">{t('version', { version })}</p>
    </Paper>
  )
}

function One({ asked, said }: { asked: Asked; said: Description }) {
  const { t } = useTranslation(['api', 'common'])
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus({ preventScroll: false }), [])
  const verb = asked['x-verb']
  const body = Object.entries(asked.requestBody?.content ?? {})[0]
  return (
    <Paper withBorder p="md" component="article" aria-labelledby="api-one">
      <Stack gap="md">
        <Link href="/api" className="api-back">{t('back')}</Link>
        <div>
          <Title order={2} size="h5" id="api-one" ref={head} tabIndex={-1}><Method of={asked.method} /> <code>{asked.path}</code></Title>
          <p lang="en">{asked.description}</p>
          <p className="api-needs"><Sign name="lock" /> {verb ? t('needs', { what: t(`common:verb.${verb}`) }) : t('door')}{verb && <> <code>{verb}</code></>}{asked['x-token'] === false && <> {t('no_token')}</>}</p>
        </div>
        <Curl line={curlOf(asked, said, location.origin)} />
        {(asked.parameters ?? []).length > 0 && <Parameters asked={asked} said={said} />}
        {body && <Tree title={t('body')} kind={body[0]} node={treeOf(body[1].schema ?? {}, said)} />}
        <Answers asked={asked} said={said} />
      </Stack>
    </Paper>
  )
}

function Curl({ line }: { line: string }) {
  const { t } = useTranslation('api')
  return <div className="api-curl"><code aria-label={t('curl')} tabIndex={0}>{line}</code><CopyButton text={line} label={t('curl')} variant="default" /></div>
}

function Parameters({ asked, said }: { asked: Asked; said: Description }) {
  const { t } = useTranslation(['api', 'common'])
  return (
    <section aria-label={t('parameters')}>
      <Title order={3} size="h6">{t('parameters')}</Title>
      <Wide label={t('parameters')}>
        <Table aria-label={t('parameters')} miw={640}>
          <Table.Thead><Table.Tr><Table.Th>{t('common:word.name')}</Table.Th><Table.Th>{t('where')}</Table.Th><Table.Th>{t('type')}</Table.Th><Table.Th>{t('meaning')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {(asked.parameters ?? []).map((each) => {
              const node = treeOf(each.schema ?? {}, said, each.name, each.required)
              return (
                <Table.Tr key={`${each.in}${each.name}`}>
                  <Table.Td><code>{each.name}</code>{each.required && <> <Badge size="xs" variant="outline" color="gray">{t('must')}</Badge></>}</Table.Td>
                  <Table.Td>{t(`in.${each.in}`)}</Table.Td>
                  <Table.Td><code>{node.kind}</code><Values of={node.values} /></Table.Td>
                  <Table.Td lang="en">{each.description ?? node.note}</Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Wide>
    </section>
  )
}

function Answers({ asked, said }: { asked: Asked; said: Description }) {
  const { t } = useTranslation('api')
  const answers = Object.entries(asked.responses)
  const good = answers.filter(([status]) => status.startsWith('2'))
  return (
    <section aria-label={t('answers')} className="api-answers">
      {good.map(([status, answer]) => {
        const kinds = Object.entries(answer.content ?? {})
        return <Tree key={status} title={t('answer', { status })} kind={kinds.map(([kind]) => kind).join(', ') || t('empty')} node={kinds[0]?.[1].schema ? treeOf(kinds[0][1].schema, said) : null} />
      })}
      <Title order={3} size="h6">{t('problems')}</Title>
      <ul className="api-problems">
        {answers.filter(([status]) => !status.startsWith('2')).map(([status, answer]) => <li key={status}><code>{`${status} ${(answer.description ?? '').replaceAll(' ', '_')}`}</code> {t(`problem.${status}`, { defaultValue: '' })}</li>)}
      </ul>
    </section>
  )
}

function Tree({ title, kind, node }: { title: string; kind: string; node: Node | null }) {
  return (
    <section aria-label={title}>
      <Title order={3} size="h6">{title} <code className="dim">{kind}</code></Title>
      {node && <div className="api-tree"><code>{node.kind}</code> <span className="dim" lang="en">{node.note}</span><Values of={node.values} /><Branches of={node.nodes} /></div>}
    </section>
  )
}

function Branches({ of, depth = 0 }: { of: Node[]; depth?: number }) {
  const { t } = useTranslation('api')
  if (of.length === 0) return null
  return (
    <ul>
      {of.map((each, at) => {
        const line = <><code className="api-name">{each.name}</code> <code className="dim">{each.kind}</code>{each.required && each.name && <> <Badge size="xs" variant="outline" color="gray">{t('must')}</Badge></>} <span className="dim" lang="en">{each.note}</span><Values of={each.values} /></>
        return <li key={`${each.name}${at}`}>{each.nodes.length > 0 ? <details open={depth < 1}><summary>{line}</summary><Branches of={each.nodes} depth={depth + 1} /></details> : line}</li>
      })}
    </ul>
  )
}

function Values({ of }: { of: string[] }) {
  if (of.length === 0) return null
  return <span className="api-values">{of.map((each) => <code key={each}>{each}</code>)}</span>
}
