// What every page is made of: its head, its empty state, what went wrong, and the question before an act.
import { Alert, Button, Group, Modal, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core'
import { useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { Problem } from './api'
import { Sign } from './signs'

/** The head of a page: its one h1 (also the window's title), a line beneath, and its acts at the right. */
export function PageHead({ title, lead, acts, trail }: {
  title: string
  lead?: ReactNode
  acts?: ReactNode
  /** where this page hangs: [{ title, to }] */
  trail?: { title: string; to: string }[]
}) {
  const { t } = useTranslation('shell')
  useEffect(() => {
    document.title = `${title} · ${t('product')}`
  }, [title, t])
  return (
    <header className="page-head">
      <div className="page-head-words">
        {trail && trail.length > 0 && (
          <nav aria-label={t('trail')} className="trail">
            {trail.map((each) => (
              <span key={each.to}>
                <Link href={each.to}>{each.title}</Link>
                <Sign name="right" size={12} />
              </span>
            ))}
          </nav>
        )}
        <Title order={1} size="h3">{title}</Title>
        {lead && <Text c="dimmed" size="sm" component="div">{lead}</Text>}
      </div>
      {acts && <Group gap="xs">{acts}</Group>}
    </header>
  )
}

/** An empty list: what it means, and what to do next. */
export function Empty({ title, children, act }: { title: string; children?: ReactNode; act?: ReactNode }) {
  return (
    <div className="empty">
      <Text fw={600}>{title}</Text>
      {children && <Text c="dimmed" size="sm" component="div">{children}</Text>}
      {act && <Group gap="xs" mt="sm" justify="center">{act}</Group>}
    </div>
  )
}

/** What went wrong in words of the reader: by its code, the server's own text, and the number of the request. */
export function ProblemNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation('shell')
  const problem = error instanceof Problem ? error : new Problem(0, 'here', error instanceof Error ? error.message : String(error))
  const title = t(`problem.${problem.code}`, { defaultValue: t('problem.other') })
  return (
    <Alert color="red" variant="light" role="alert" title={title} icon={<Sign name="fault" />}>
      <Stack gap={6} align="flex-start">
        {problem.wrong.length > 0 ? (
          <ul className="wrong">{problem.wrong.map((each) => <li key={each.field}><code>{each.field}</code> {each.detail}</li>)}</ul>
        ) : (
          problem.detail && <Text size="sm">{problem.detail}</Text>
        )}
        {problem.retryS !== null && <Text size="sm">{t('problem.retry_in', { count: problem.retryS })}</Text>}
        {problem.requestId && <Text size="xs" c="dimmed">{t('problem.number', { number: problem.requestId })}</Text>}
        {retry && <Button size="xs" variant="default" onClick={retry}>{t('problem.again')}</Button>}
      </Stack>
    </Alert>
  )
}

/** Something is on its way: grey bars in the shape of lines. */
export function Waiting({ lines = 6 }: { lines?: number }) {
  const { t } = useTranslation('shell')
  return (
    <Stack gap="xs" role="status" aria-label={t('waiting')}>
      {Array.from({ length: lines }, (_, at) => <Skeleton key={at} height={18} radius="sm" width={`${95 - ((at * 17) % 40)}%`} />)}
    </Stack>
  )
}

/** The three ways of a query: waiting, failed, there. `<Answer of={query}>{(data) => ...}</Answer>` */
export function Answer<T>({ of, children, lines }: {
  of: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown }
  children: (data: T) => ReactNode
  lines?: number
}) {
  if (of.data !== undefined) return <>{children(of.data)}</>
  if (of.isPending) return <Waiting lines={lines} />
  return <ProblemNote error={of.error} retry={() => void of.refetch()} />
}

/** Asks before an act. `reason`: a text is asked for and handed on. The act's failure stays on the question. */
export function Confirm({ opened, title, children, act, onAct, onClose, danger = false, reason = false }: {
  opened: boolean
  title: string
  children?: ReactNode
  /** the word on the button: what is done, never "OK" */
  act: string
  onAct: (reason: string) => Promise<unknown> | void
  onClose: () => void
  danger?: boolean
  reason?: boolean
}) {
  const { t } = useTranslation('shell')
  const [why, setWhy] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    if (opened) {
      setWhy('')
      setError(null)
    }
  }, [opened])
  const run = async () => {
    setBusy(true)
    setError(null)
    try {
      await onAct(why.trim())
      onClose()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form onSubmit={(event) => { event.preventDefault(); void run() }}>
        <Stack gap="md">
          {children && <div>{children}</div>}
          {reason && (
            <Textarea label={t('reason.label')} description={t('reason.note')} required value={why} maxLength={400}
              autosize minRows={2} onChange={(event) => setWhy(event.currentTarget.value)} data-autofocus />
          )}
          {error !== null && <ProblemNote error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>{t('back')}</Button>
            <Button type="submit" color={danger ? 'red' : undefined} loading={busy} disabled={reason && !why.trim()}>{act}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Something wider than a phone, like a plain table: it scrolls in itself, by keyboard too. (Not Table.ScrollContainer: axe.) */
export function Wide({ label, children }: { label: string; children: ReactNode }) {
  return <div className="wide" role="region" aria-label={label} tabIndex={0}>{children}</div>
}
