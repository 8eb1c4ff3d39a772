// A second factor: the password once more, the code to read into an app, a code of the app, and the recovery codes, shown once.
import { Button, Group, List, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { ProblemNote } from '../../shell/page'
import { Sign } from '../../shell/signs'

type Offered = Schemas['FactorOffered']

/** The squares of a QR code, drawn as one path with the quiet edge it needs. */
export function Squares({ rows, label }: { rows: string[]; label: string }) {
  const edge = 4
  const size = rows.length + 2 * edge
  const path = rows.flatMap((row, y) => [...row].map((square, x) => (square === '1' ? `M${x + edge} ${y + edge}h1v1h-1z` : ''))).join('')
  return (
    <svg className="squares" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation('shell')
  const save = () => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([codes.join('\n') + '\n'], { type: 'text/plain' }))
    link.download = 'lenskeeper-recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <Stack>
      <p>{t('factor.codes_note')}</p>
      <List className="codes" listStyleType="none">{codes.map((each) => <List.Item key={each}><code>{each}</code></List.Item>)}</List>
      <Group>
        <Button variant="default" leftSection={<Sign name="down_file" />} onClick={save}>{t('factor.save')}</Button>
        <Button onClick={onDone} autoFocus data-autofocus>{t('factor.kept')}</Button>
      </Group>
    </Stack>
  )
}

export function Enrolment({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('shell')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [offered, setOffered] = useState<Offered | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const run = (act: () => Promise<void>) => (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    act().catch(setError).finally(() => setBusy(false))
  }
  const ask = run(async () => setOffered(await got(api.POST('/api/me/factor', { body: { password } }))))
  const prove = run(async () => setCodes((await got(api.POST('/api/me/factor/confirm', { body: { code: code.trim() } }))).recovery_codes))
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />
  if (!offered) {
    return (
      <form onSubmit={ask}>
        <Stack>
          <PasswordInput label={t('factor.password')} required autoFocus autoComplete="current-password" value={password} visibilityToggleButtonProps={{ 'aria-label': t('door.show') }} onChange={(event) => setPassword(event.currentTarget.value)} />
          {error !== null && <ProblemNote error={error} />}
          <Button type="submit" loading={busy}>{t('factor.begin')}</Button>
        </Stack>
      </form>
    )
  }
  return (
    <form onSubmit={prove}>
      <Stack>
        <p>{t('factor.read')}</p>
        <Squares rows={offered.qr} label={t('factor.squares')} />
        <details><summary>{t('factor.by_hand')}</summary><code className="secret">{offered.secret.match(/.{1,4}/g)?.join(' ')}</code></details>
        <TextInput label={t('factor.code')} required autoFocus inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        {error !== null && <ProblemNote error={error} />}
        <Button type="submit" loading={busy}>{t('factor.confirm')}</Button>
      </Stack>
    </form>
  )
}
