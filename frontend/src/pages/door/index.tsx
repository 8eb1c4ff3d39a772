// Before anybody is signed in: the set-up code, the password, the second factor and its enrolment.
import { Alert, Anchor, Button, PasswordInput, SegmentedControl, Stack, TextInput, Title } from '@mantine/core'
import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { LANGUAGES, LANGUAGE_NAMES, speak, type Language } from '../../shell/i18n'
import { ProblemNote } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { Enrolment } from '../account/enrolment'

type Start = Schemas['Start']
const PASSWORD_CHARS_MIN = 12

export default function Door({ start, onNext }: { start: Start; onNext: () => Promise<unknown> }) {
  const { t, i18n } = useTranslation('shell')
  const [withCode, setWithCode] = useState(false)
  const stage = start.stage === 'sign_in' && withCode ? 'code' : start.stage
  useEffect(() => {
    document.title = `${t(`door.${stage}.title`)} · ${t('product')}`
  }, [stage, t])
  return (
    <div className="door-place">
      {start.exercise && <div className="banner" role="note"><Sign name="about" /> {t('exercise')}</div>}
      <main className="door">
        <div className="door-brand"><img src="/icon.svg" alt="" width="36" height="36" /><div><strong>{t('product')}</strong><span>{start.organisation}</span></div></div>
        <Title order={1} size="h3">{t(`door.${stage}.title`)}</Title>
        {stage === 'set_up' && <SetUp first onNext={onNext} />}
        {stage === 'code' && <SetUp first={false} onNext={onNext} />}
        {stage === 'sign_in' && <SignIn onNext={onNext} />}
        {stage === 'factor' && <Factor onNext={onNext} />}
        {stage === 'enrol' && <><p className="dim">{t('door.enrol.note')}</p><Enrolment onDone={() => void onNext()} /></>}
        {start.stage === 'sign_in' && (
          <Anchor component="button" type="button" size="sm" onClick={() => setWithCode(!withCode)}>{withCode ? t('door.with_password') : t('door.with_code')}</Anchor>
        )}
        <footer className="door-foot">
          <SegmentedControl size="xs" aria-label={t('language')} value={i18n.language} onChange={(value) => void speak(value as Language)}
            data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))} />
          <span className="dim">{start.version}</span>
        </footer>
      </main>
    </div>
  )
}

/** A form with one act: what went wrong stands above the button. */
function Form({ act, onAct, children }: { act: string; onAct: () => Promise<unknown>; children: ReactNode }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await onAct()
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        {children}
        {error !== null && <ProblemNote error={error} />}
        <Button type="submit" loading={busy} fullWidth>{act}</Button>
      </Stack>
    </form>
  )
}

function SetUp({ first, onNext }: { first: boolean; onNext: () => Promise<unknown> }) {
  const { t, i18n } = useTranslation('shell')
  const [code, setCode] = useState('')
  const [login, setLogin] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const send = async () => {
    const language = i18n.language as Language
    await got(api.POST('/api/set-up', { body: { code: code.trim(), login: login.trim(), name: name.trim(), password, language } }))
    await onNext()
  }
  return (
    <Form act={first ? t('door.set_up.act') : t('door.code.act')} onAct={send}>
      <p className="dim">{first ? t('door.set_up.note') : t('door.code.note')}</p>
      <TextInput label={t('door.set_up.code')} description={first ? t('door.set_up.code_note') : undefined} required autoFocus autoComplete="one-time-code" spellCheck={false} value={code} onChange={(event) => setCode(event.currentTarget.value)} />
      {first && (
        <>
          <TextInput label={t('door.login')} required autoComplete="username" value={login} maxLength={64} onChange={(event) => setLogin(event.currentTarget.value)} />
          <TextInput label={t('door.name')} description={t('door.name_note')} required autoComplete="name" value={name} maxLength={60} onChange={(event) => setName(event.currentTarget.value)} />
        </>
      )}
      <PasswordInput label={t('door.new_password')} description={t('door.password_note', { count: PASSWORD_CHARS_MIN })} required autoComplete="new-password" value={password} maxLength={400}
        visibilityToggleButtonProps={{ 'aria-label': t('door.show') }} onChange={(event) => setPassword(event.currentTarget.value)} />
    </Form>
  )
}

function SignIn({ onNext }: { onNext: () => Promise<unknown> }) {
  const { t } = useTranslation('shell')
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const send = async () => {
    await got(api.POST('/api/sign-in', { body: { login: login.trim(), password } }))
    await onNext()
  }
  return (
    <Form act={t('door.sign_in.act')} onAct={send}>
      <TextInput label={t('door.login')} required autoFocus autoComplete="username" value={login} onChange={(event) => setLogin(event.currentTarget.value)} />
      <PasswordInput label={t('door.password')} required autoComplete="current-password" value={password} visibilityToggleButtonProps={{ 'aria-label': t('door.show') }} onChange={(event) => setPassword(event.currentTarget.value)} />
    </Form>
  )
}

function Factor({ onNext }: { onNext: () => Promise<unknown> }) {
  const { t } = useTranslation('shell')
  const [code, setCode] = useState('')
  const send = async () => {
    await got(api.POST('/api/sign-in/factor', { body: { code: code.trim() } }))
    await onNext()
  }
  return (
    <Form act={t('door.factor.act')} onAct={send}>
      <Alert variant="light" color="gray" icon={<Sign name="lock" />}>{t('door.factor.note')}</Alert>
      <TextInput label={t('door.factor.code')} required autoFocus autoComplete="one-time-code" inputMode="text" spellCheck={false} value={code} onChange={(event) => setCode(event.currentTarget.value)} />
    </Form>
  )
}
