// One person: where the account stands, the grants, and what may be done to it.
import { Button, Group, Paper, Stack, Table, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { useMe } from '../../shell/me'
import { Answer, Confirm, Empty, PageHead, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { Ending, Giving } from './grants'
import { CodeOnce, Place, Standing, until, type GrantRow } from './pieces'

export function Person({ number }: { number: number }) {
  const { t } = useTranslation(['people', 'common'])
  const found = useQuery({
    queryKey: ['staff', number],
    queryFn: () => got(api.GET('/api/staff/{account_id}', { params: { path: { account_id: number } } })),
  })
  return (
    <>
      <PageHead title={found.data?.person.name ?? t('person.one')} lead={found.data?.person.login} trail={[{ title: t('title'), to: '/people' }]} />
      <Answer of={found}>{(file) => <File file={file} />}</Answer>
    </>
  )
}

type Act = 'lock' | 'unlock' | 'leave' | 'reset-factor'

function File({ file: { person, grants } }: { file: Schemas['PersonFile'] }) {
  const { t } = useTranslation(['people', 'common'])
  const me = useMe()
  const queries = useQueryClient()
  const [act, setAct] = useState<Act | null>(null)
  const [giving, setGiving] = useState(false)
  const [ending, setEnding] = useState<GrantRow | null>(null)
  const [asking, setAsking] = useState<'code' | 'sessions' | null>(null)
  const [code, setCode] = useState<string | null>(null)
  const path = { account_id: person.account_id }
  const again = () => queries.invalidateQueries({ queryKey: ['staff'] })
  const isMine = person.account_id === me.account_id
  const hasLeft = person.state === 'left'
  const run = async (because: string) => {
    if (act === 'lock') await api.POST('/api/staff/{account_id}/lock', { params: { path }, body: { because } })
    if (act === 'unlock') await api.POST('/api/staff/{account_id}/unlock', { params: { path }, body: { because } })
    if (act === 'leave') await api.POST('/api/staff/{account_id}/leave', { params: { path }, body: { because } })
    if (act === 'reset-factor') await api.POST('/api/staff/{account_id}/reset-factor', { params: { path }, body: { because } })
    await again()
    toast({ words: t(`done.${act}`) })
  }
  const askCode = async () => setCode((await got(api.POST('/api/staff/{account_id}/code', { params: { path } }))).code)
  const endSessions = async () => {
    const { ended } = await got(api.POST('/api/staff/{account_id}/end-sessions', { params: { path } }))
    toast({ words: t('done.sessions', { count: ended }) })
  }
  return (
    <Stack gap="lg" className="sheet">
      <Paper withBorder p="md" component="section" aria-label={t('person.account')}>
        <dl className="people-facts">
          <dt>{t('common:word.state')}</dt><dd><Standing state={person.state} /></dd>
          <dt>{t('person.kind')}</dt><dd>{t(`kind.${person.kind}`)}</dd>
          <dt>{t('common:word.unit')}</dt><dd>{person.unit || t('place.everything')}</dd>
          <dt>{t('person.factor')}</dt><dd>{person.has_factor ? t('common:word.yes') : t('common:word.no')}</dd>
          <dt>{t('common:word.until')}</dt><dd>{until(person.ends_s)}</dd>
          <dt>{t('person.made')}</dt><dd><Instant at_s={person.made_s} /></dd>
          <dt>{t('person.seen')}</dt><dd><Instant at_s={person.seen_s} form="ago" /></dd>
        </dl>
        {isMine && <p className="dim">{t('person.mine')}</p>}
        {!isMine && !hasLeft && (
          <Group gap="xs" mt="md">
            <Button variant="default" onClick={() => setAsking('code')}>{t('acts.code')}</Button>
            <Button variant="default" onClick={() => setAsking('sessions')}>{t('acts.sessions')}</Button>
            {person.has_factor && <Button variant="default" onClick={() => setAct('reset-factor')}>{t('acts.reset-factor')}</Button>}
            {person.state === 'locked'
              ? <Button variant="default" onClick={() => setAct('unlock')}>{t('acts.unlock')}</Button>
              : <Button variant="default" onClick={() => setAct('lock')}>{t('acts.lock')}</Button>}
            <Button color="red" variant="light" onClick={() => setAct('leave')}>{t('acts.leave')}</Button>
          </Group>
        )}
      </Paper>
      <Paper withBorder p="md" component="section" aria-label={t('tabs.grants')}>
        <Group justify="space-between" mb="xs">
          <Title order={2} size="h5">{t('tabs.grants')}</Title>
          {!isMine && !hasLeft && <Button size="compact-sm" onClick={() => setGiving(true)}>{t('give.act')}</Button>}
        </Group>
        {grants.length === 0 ? <Empty title={t('no_grant_yet')}>{t('no_grant_note')}</Empty> : (
          <Wide label={t('tabs.grants')}>
            <Table miw={640} aria-label={t('tabs.grants')}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('grant.role')}</Table.Th><Table.Th>{t('grant.over')}</Table.Th><Table.Th>{t('grant.purposes')}</Table.Th>
                  <Table.Th>{t('common:word.state')}</Table.Th><Table.Th>{t('common:word.until')}</Table.Th><Table.Th>{t('grant.approver')}</Table.Th>
                  <Table.Th>{t('common:word.reason')}</Table.Th><Table.Th>{t('grant.end')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {grants.map((each) => (
                  <Table.Tr key={each.grant_id}>
                    <Table.Td>{t(`common:role.${each.role}`)}</Table.Td>
                    <Table.Td><Place grant={each} /></Table.Td>
                    <Table.Td>{each.purposes.join(', ') || t('grant.any_purpose')}</Table.Td>
                    <Table.Td><Standing state={each.state} /></Table.Td>
                    <Table.Td>{until(each.ended_s ?? each.to_s)}</Table.Td>
                    <Table.Td>{each.approver.replace(/^account:/, '')}</Table.Td>
                    <Table.Td>{each.because}</Table.Td>
                    <Table.Td>{each.state !== 'over' && !isMine && <Button size="compact-sm" variant="default" onClick={() => setEnding(each)}>{t('grant.end')}</Button>}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Paper>
      <Giving opened={giving} onClose={() => setGiving(false)} to={{ account_id: person.account_id, contractor: person.kind === 'contractor' }} />
      <Ending grant={ending} onClose={() => setEnding(null)} />
      <Confirm opened={act !== null} title={act ? t(`acts.${act}`) : ''} act={act ? t(`acts.${act}`) : ''} danger={act === 'leave' || act === 'lock'} reason onAct={run} onClose={() => setAct(null)}>
        {act && t(`says.${act}`, { name: person.name })}
      </Confirm>
      <Confirm opened={asking === 'code'} title={t('acts.code')} act={t('acts.code')} onAct={askCode} onClose={() => setAsking(null)}>{t('says.code', { name: person.name })}</Confirm>
      <Confirm opened={asking === 'sessions'} title={t('acts.sessions')} act={t('acts.sessions')} onAct={endSessions} onClose={() => setAsking(null)}>{t('says.sessions', { name: person.name })}</Confirm>
      <CodeOnce code={code} login={person.login} onClose={() => setCode(null)} />
    </Stack>
  )
}
