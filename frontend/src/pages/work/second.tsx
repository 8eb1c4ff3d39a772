// The second of two persons proves who that is, at the same desk: name, password, and the code of the app where there is one.
import { PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export interface Proofs {
  login: string
  password: string
  code: string
}

export const NO_PROOFS: Proofs = { login: '', password: '', code: '' }
export const isProved = (proofs: Proofs) => proofs.login.trim() !== '' && proofs.password !== ''

export function SecondPerson({ title, note, proofs, set }: { title: string; note: string; proofs: Proofs; set: (more: Proofs) => void }) {
  const { t } = useTranslation('work')
  return (
    <Stack gap="xs" component="fieldset">
      <Text component="legend" fw={600} size="sm">{title}</Text>
      <Text size="sm" c="dimmed">{note}</Text>
      <TextInput label={t('second.login')} required autoComplete="off" value={proofs.login} onChange={(event) => set({ ...proofs, login: event.currentTarget.value })} />
      <PasswordInput label={t('second.password')} required autoComplete="off" value={proofs.password} visibilityToggleButtonProps={{ 'aria-label': t('second.show') }} onChange={(event) => set({ ...proofs, password: event.currentTarget.value })} />
      <TextInput label={t('second.code')} description={t('second.code_note')} autoComplete="off" inputMode="numeric" value={proofs.code} onChange={(event) => set({ ...proofs, code: event.currentTarget.value })} />
    </Stack>
  )
}
