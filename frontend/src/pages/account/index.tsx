// One's own account: password, second factor, sessions, tokens and the keyboard.
import { Badge, Button, Checkbox, CopyButton, Group, Modal, NumberInput, Paper, PasswordInput, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState, type FormEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Route, Switch } from 'wouter'
import { api, got, type Schemas } from '../../shell/api'
import { EXPORTS } from '../../shell/exports'
import { KeySwitch } from '../../shell/key-sheet'
import { Instant } from '../../shell/marks'
import { useMe, type Verb } from '../../shell/me'
import { Answer, Confirm, Empty, PageHead, ProblemNote, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { toast } from '../../shell/toasts'
import { Exports } from './exports'
import { Enrolment, RecoveryCodes } from './enrolment'

export default function Account() {
  return (
    <Switch>
      <Route path="/account/exports"><Exports /></Route>
      <Route><Own /></Route>
    </Switch>
  )
}

function Own() {
  const { t } = useTranslation(['shell', 'common'])
  const me = useMe()
  return (
    <>
      <PageHead title={t('account.title')} lead={`${me.name} (${me.login}) · ${me.roles.map((each) => t(`common:role.${each}`)).join(', ') || t('account.no_role')}`}
        acts={me.may('export') && <Button component={Link} href={EXPORTS} variant="default" size="sm" leftSection={<Sign name="down_file" />}>{t('exports.title')}</Button>} />
      <Stack gap="lg" className="sheet">
        <Password />
        <Factor />
        <Sessions />
        <Tokens />
        <Part title={t('account.keys')}><KeySwitch /></Part>
      </Stack>
    </>
  )
}

function Part({ title, note, acts, children }: { title: string; note?: ReactNode; acts?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Group justify="space-between" mb="xs"><Title order={2} size="h5" id={id}>{title}</Title>{acts}</Group>
      {note && <Text size="sm" c="dimmed" mb="sm">{note}</Text>}
      {children}
    </Paper>
  )
}

function Password() {
  const { t } = useTranslation('shell')
  const me = useMe()
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const send = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    got(api.POST('/api/me/password', { body: { old, new: next } }))
      .then(() => { setOld(''); setNext(''); toast({ words: t('account.password_done') }) })
      .catch(setError)
      .finally(() => setBusy(false))
  }
  return (
    <Part title={t('door.password')} note={t('account.password_note')}>
      <form onSubmit={send}>
        <Stack gap="sm" maw={380}>
          <input type="text" name="username" autoComplete="username" defaultValue={me.login} hidden readOnly />
          <PasswordInput label={t('account.old')} required autoComplete="current-password" value={old} visibilityToggleButtonProps={{ 'aria-label': t('door.show') }} onChange={(event) => setOld(event.currentTarget.value)} />
          <PasswordInput label={t('door.new_password')} required autoComplete="new-password" value={next} visibilityToggleButtonProps={{ 'aria-label': t('door.show') }} onChange={(event) => setNext(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          <Group><Button type="submit" loading={busy}>{t('account.change')}</Button></Group>
        </Stack>
      </form>
    </Part>
  )
}

function Factor() {
  const { t } = useTranslation('shell')
  const me = useMe()
  const queries = useQueryClient()
  const [enrolling, setEnrolling] = useState(false)
  const [asking, setAsking] = useState(false)
  const [codes, setCodes] = useState<string[] | null>(null)
  const done = () => { setEnrolling(false); setCodes(null); void queries.invalidateQueries({ queryKey: ['me'] }) }
  return (
    <Part title={t('factor.title')} note={t('factor.note')}
      acts={<Badge variant="light" color={me.has_factor ? 'green' : 'orange'}>{me.has_factor ? t('factor.has') : t('factor.has_none')}</Badge>}>
      <Group>
        <Button variant={me.has_factor ? 'default' : 'filled'} onClick={() => setEnrolling(true)}>{me.has_factor ? t('factor.anew') : t('factor.enrol')}</Button>
        {me.has_factor && <Button variant="default" onClick={() => setAsking(true)}>{t('factor.new_codes')}</Button>}
        {me.has_factor && <Text size="sm">{t('factor.left', { count: me.recovery_codes_left })}</Text>}
      </Group>
      <Modal opened={enrolling} onClose={done} title={t('factor.enrol')}>{enrolling && <Enrolment onDone={done} />}</Modal>
      <Modal opened={codes !== null} onClose={done} title={t('factor.new_codes')}>{codes && <RecoveryCodes codes={codes} onDone={done} />}</Modal>
      <Confirm opened={asking} title={t('factor.new_codes')} act={t('factor.new_codes')} onClose={() => setAsking(false)}
        onAct={async () => setCodes((await got(api.POST('/api/me/recovery-codes'))).recovery_codes)}>{t('factor.new_codes_note')}</Confirm>
    </Part>
  )
}

function Sessions() {
  const { t } = useTranslation('shell')
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['me', 'sessions'], queryFn: () => got(api.GET('/api/me/sessions')) })
  const again = () => queries.invalidateQueries({ queryKey: ['me', 'sessions'] })
  const end = (session_id: number) => void api.DELETE('/api/me/sessions/{session_id}', { params: { path: { session_id } } }).then(again)
  const others = async () => {
    await api.POST('/api/me/sessions/end-others')
    await again()
  }
  return (
    <Part title={t('sessions.title')} note={t('sessions.note')} acts={<Button size="compact-sm" variant="default" onClick={() => void others()}>{t('sessions.end_others')}</Button>}>
      <Answer of={found} lines={3}>
        {({ rows }) => (
          <Wide label={t('sessions.title')}>
            <Table aria-label={t('sessions.title')} miw={520}>
              <Table.Thead><Table.Tr><Table.Th>{t('sessions.browser')}</Table.Th><Table.Th>{t('sessions.address')}</Table.Th><Table.Th>{t('sessions.began')}</Table.Th><Table.Th>{t('sessions.used')}</Table.Th><Table.Th>{t('sessions.state')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {rows.map((each) => (
                  <Table.Tr key={each.session_id}>
                    <Table.Td>{shortBrowser(each.browser)}</Table.Td>
                    <Table.Td>{each.address}</Table.Td>
                    <Table.Td><Instant at_s={each.began_s} /></Table.Td>
                    <Table.Td><Instant at_s={each.last_s} form="ago" /></Table.Td>
                    <Table.Td>{each.is_this ? <Badge variant="light">{t('sessions.this')}</Badge> : each.is_open ? <Button size="compact-sm" variant="default" onClick={() => end(each.session_id)}>{t('sessions.end')}</Button> : <span className="dim">{t('sessions.over')}</span>}</Table.Td>
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

/** "Chrome 147 · Linux" of what a browser says of itself. */
export function shortBrowser(said: string): string {
  const kind = /(Firefox|Edg|OPR|Chrome|Version)\/(\d+)/.exec(said)
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(said)?.[1]
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', Version: 'Safari' }
  if (!kind) return said.slice(0, 40) || '–'
  const edge = /Edg\/(\d+)/.exec(said)
  const name = edge ? `Edge ${edge[1]}` : `${names[kind[1] ?? ''] ?? kind[1]} ${kind[2]}`
  return [name, system].filter(Boolean).join(' · ')
}

function Tokens() {
  const { t } = useTranslation(['shell', 'common'])
  const queries = useQueryClient()
  const found = useQuery({ queryKey: ['me', 'tokens'], queryFn: () => got(api.GET('/api/me/tokens')) })
  const [making, setMaking] = useState(false)
  const [ending, setEnding] = useState<Schemas['TokenRow'] | null>(null)
  const again = () => queries.invalidateQueries({ queryKey: ['me', 'tokens'] })
  return (
    <Part title={t('tokens.title')} note={t('tokens.note')} acts={<Button size="compact-sm" onClick={() => setMaking(true)}>{t('tokens.make')}</Button>}>
      <Answer of={found} lines={3}>
        {({ rows, verbs }) => (
          <>
            {rows.length === 0 ? <Empty title={t('tokens.none')} /> : (
              <Wide label={t('tokens.title')}>
                <Table aria-label={t('tokens.title')} miw={520}>
                  <Table.Thead><Table.Tr><Table.Th>{t('tokens.name')}</Table.Th><Table.Th>{t('tokens.may')}</Table.Th><Table.Th>{t('tokens.until')}</Table.Th><Table.Th>{t('tokens.used')}</Table.Th><Table.Th>{t('sessions.state')}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {rows.map((each) => (
                      <Table.Tr key={each.token_id}>
                        <Table.Td>{each.name}</Table.Td>
                        <Table.Td>{each.verbs.map((verb) => t(`common:verb.${verb}`)).join(', ')}</Table.Td>
                        <Table.Td><Instant at_s={each.ends_s} form="day" /></Table.Td>
                        <Table.Td><Instant at_s={each.last_s} form="ago" /></Table.Td>
                        <Table.Td>{each.ended_s ? <span className="dim">{t('sessions.over')}</span> : <Button size="compact-sm" variant="default" onClick={() => setEnding(each)}>{t('tokens.end')}</Button>}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
            )}
            <Modal opened={making} onClose={() => setMaking(false)} title={t('tokens.make')}>{making && <NewToken verbs={verbs} onDone={() => { setMaking(false); void again() }} />}</Modal>
          </>
        )}
      </Answer>
      <Confirm opened={ending !== null} title={t('tokens.end')} act={t('tokens.end')} danger onClose={() => setEnding(null)}
        onAct={async () => { if (ending) await api.DELETE('/api/me/tokens/{token_id}', { params: { path: { token_id: ending.token_id } } }); await again() }}>{t('tokens.end_note', { name: ending?.name })}</Confirm>
    </Part>
  )
}

function NewToken({ verbs, onDone }: { verbs: Verb[]; onDone: () => void }) {
  const { t } = useTranslation(['shell', 'common'])
  const [name, setName] = useState('')
  const [days, setDays] = useState<number | string>(90)
  const [chosen, setChosen] = useState<string[]>(['see'])
  const [made, setMade] = useState('')
  const [error, setError] = useState<unknown>(null)
  if (made) {
    return (
      <Stack>
        <p>{t('tokens.once')}</p>
        <code className="secret">{made}</code>
        <Group>
          <CopyButton value={made}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? t('copied') : t('copy')}</Button>}</CopyButton>
          <Button onClick={onDone}>{t('factor.kept')}</Button>
        </Group>
      </Stack>
    )
  }
  const send = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    got(api.POST('/api/me/tokens', { body: { name: name.trim(), verbs: chosen as Verb[], days: Number(days) } })).then((said) => setMade(said.token)).catch(setError)
  }
  return (
    <form onSubmit={send}>
      <Stack>
        <TextInput label={t('tokens.name')} description={t('tokens.name_note')} required data-autofocus maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput label={t('tokens.days')} min={1} max={366} required value={days} onChange={setDays} />
        <Checkbox.Group label={t('tokens.may')} value={chosen} onChange={setChosen}>
          <Stack gap={6} mt={6}>{verbs.map((each) => <Checkbox key={each} value={each} label={t(`common:verb.${each}`)} />)}</Stack>
        </Checkbox.Group>
        {error !== null && <ProblemNote error={error} />}
        <Button type="submit" disabled={chosen.length === 0}>{t('tokens.make')}</Button>
      </Stack>
    </form>
  )
}
