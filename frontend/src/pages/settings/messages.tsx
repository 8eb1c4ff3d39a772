// Who is told of what, what waits, the last attempts; and which desk each cause goes to.
import { Badge, Button, Code, Group, Select, Table, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { Instant } from '../../shell/marks'
import { Answer, Empty, ProblemNote, Wide } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { Part } from './part'

type Recipient = Schemas['RecipientEntry']
type Route = Schemas['RouteEntry']

const DESKS = ['power', 'carrier', 'contractor', 'parks', 'owner_it', 'us'] as const

export function Messages() {
  const { t } = useTranslation(['settings', 'common'])
  const found = useQuery({ queryKey: ['settings', 'messages'], queryFn: () => got(api.GET('/api/settings/messages')), refetchInterval: 15_000 })
  return (
    <>
      <Answer of={found}>
        {({ file, recipients, attempts }) => (
          <>
            <Part title={t('messages.title')} note={<>{t('messages.note')} <Code>{file}</Code></>}>
              {recipients.length === 0 ? <Empty title={t('messages.none')}>{t('messages.none_note')}</Empty> : (
                <Wide label={t('messages.title')}>
                  <Table aria-label={t('messages.title')} miw={720}>
                    <Table.Thead><Table.Tr><Table.Th>{t('messages.name')}</Table.Th><Table.Th>{t('messages.of')}</Table.Th><Table.Th>{t('messages.quiet')}</Table.Th><Table.Th>{t('messages.waits')}</Table.Th><Table.Th>{t('messages.trial')}</Table.Th></Table.Tr></Table.Thead>
                    <Table.Tbody>{recipients.map((each) => <One key={each.name} of={each} />)}</Table.Tbody>
                  </Table>
                </Wide>
              )}
            </Part>
            <Part title={t('messages.attempts')}>
              {attempts.length === 0 ? <Empty title={t('messages.no_attempts')} /> : (
                <Wide label={t('messages.attempts')}>
                  <Table aria-label={t('messages.attempts')} miw={560}>
                    <Table.Thead><Table.Tr><Table.Th>{t('messages.at')}</Table.Th><Table.Th>{t('messages.name')}</Table.Th><Table.Th>{t('messages.count')}</Table.Th><Table.Th>{t('messages.outcome')}</Table.Th></Table.Tr></Table.Thead>
                    <Table.Tbody>
                      {attempts.map((each, at) => (
                        <Table.Tr key={`${each.at_s} ${each.recipient} ${at}`}>
                          <Table.Td><Instant at_s={each.at_s} form="second" /></Table.Td><Table.Td>{each.recipient}</Table.Td><Table.Td>{each.messages}</Table.Td>
                          <Table.Td><Badge variant="light" color={each.outcome === 'sent' ? 'green' : each.outcome === 'failed' ? 'red' : 'gray'}>{t(`messages.end.${each.outcome || 'open'}`)}</Badge> {each.remark}</Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Wide>
              )}
            </Part>
          </>
        )}
      </Answer>
      <Routes />
    </>
  )
}

function One({ of }: { of: Recipient }) {
  const { t } = useTranslation(['settings', 'common'])
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const send = () => {
    setBusy(true)
    setError(null)
    got(api.POST('/api/settings/messages/{name}/trial', { params: { path: { name: of.name } } }))
      .then(({ failure }) => setSaid(failure)).catch(setError).finally(() => setBusy(false))
  }
  const about = [...of.desks.map((each) => t(`common:desk.${each}`)), ...of.contracts, ...of.classes.map((each) => t(`common:class.${each}`)), ...of.changes.map((each) => t(`messages.change.${each}`, { defaultValue: each }))]
  return (
    <Table.Tr>
      <Table.Td>{of.name}<br /><span className="dim">{t(`messages.kind.${of.kind}`, { defaultValue: of.kind })}</span></Table.Td>
      <Table.Td>{about.join(', ') || t('messages.all')}</Table.Td>
      <Table.Td>{of.quiet || t('messages.always')}{of.digest_minutes > 0 && <><br /><span className="dim">{t('messages.digest', { count: of.digest_minutes })}</span></>}</Table.Td>
      <Table.Td>{of.waiting}{of.given_up > 0 && <><br /><Badge color="red" variant="light">{t('messages.given_up', { count: of.given_up })}</Badge></>}</Table.Td>
      <Table.Td>
        <Button size="compact-sm" variant="default" loading={busy} aria-label={t('messages.try_one', { name: of.name })} onClick={send}>{t('messages.try')}</Button>
        <div role="status">{said === '' ? t('messages.went') : said}</div>
        {error !== null && <ProblemNote error={error} />}
      </Table.Td>
    </Table.Tr>
  )
}

function Routes() {
  const { t } = useTranslation(['settings', 'common'])
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['settings', 'routes'], queryFn: () => got(api.GET('/api/settings/routes')) })
  const [error, setError] = useState<unknown>(null)
  const set = (of: Route, desk: string | null) => {
    if (!desk || desk === of.desk) return
    setError(null)
    got(api.POST('/api/settings/routes', { body: { cause: of.cause, what: of.what, desk: desk as Route['desk'] } }))
      .then(() => { toast({ words: t('routes.set') }); void queries.invalidateQueries({ queryKey: ['settings', 'routes'] }) })
      .catch(setError)
  }
  const named = (what: string) => t(`common:outcome.${what}`, { defaultValue: t(`common:kind.${what}`, { defaultValue: what }) })
  return (
    <Part title={t('routes.title')} note={t('routes.note')}>
      {error !== null && <ProblemNote error={error} />}
      <Answer of={found} lines={6}>
        {(rows) => (
          <Wide label={t('routes.title')}>
            <Table aria-label={t('routes.title')} miw={520}>
              <Table.Thead><Table.Tr><Table.Th>{t('routes.cause')}</Table.Th><Table.Th>{t('routes.what')}</Table.Th><Table.Th>{t('routes.desk')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {rows.map((each) => (
                  <Table.Tr key={`${each.cause} ${each.what}`}>
                    <Table.Td>{t(`common:cause.${each.cause}`)}</Table.Td>
                    <Table.Td>{each.what ? named(each.what) : <Text span size="sm" c="dimmed">{t('routes.any')}</Text>}</Table.Td>
                    <Table.Td>
                      <Group gap="xs">
                        <Select size="xs" w={170} aria-label={t('routes.desk_of', { cause: t(`common:cause.${each.cause}`), what: each.what ? named(each.what) : t('routes.any') })} allowDeselect={false}
                          value={each.desk} data={DESKS.map((desk) => ({ value: desk, label: t(`common:desk.${desk}`) }))} onChange={(desk) => set(each, desk)} />
                        {each.is_own && <Badge variant="light">{t('routes.own')}</Badge>}
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Answer>
    </Part>
  )
}
