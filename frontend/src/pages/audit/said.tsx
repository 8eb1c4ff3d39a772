// How an entry is told: who, what, upon what, and what was said with it.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'

/** Who did it: `account:li` is a person, `local:li` somebody at the machine itself. */
export function By({ actor }: { actor: string }) {
  const { t } = useTranslation('audit')
  const [kind = '', ...rest] = actor.split(':')
  const name = rest.join(':')
  if (kind === 'account') return <>{t('by.account', { name })}</>
  if (kind === 'local') return <>{name ? t('by.local_name', { name }) : t('by.local')}</>
  return <>{t(`by.${actor}`, { defaultValue: actor })}</>
}

/** An act in words; one of another release by its own name. */
export function Done({ act }: { act: string }) {
  const { t } = useTranslation('audit')
  return <>{t(`done.${act}`, { defaultValue: act })}</>
}

const PLACES: Record<string, string> = { point: '/cameras/', ticket: '/work/tickets/' }

/** What it was upon: `point:17`. */
export function Upon({ subject, leads = false }: { subject: string; leads?: boolean }) {
  const { t } = useTranslation('audit')
  const [kind = '', ...rest] = subject.split(':')
  const id = rest.join(':')
  const words = t(`subject.${kind}`, { id, defaultValue: subject })
  const place = PLACES[kind]
  return leads && place ? <Link href={`${place}${id}`}>{words}</Link> : <>{words}</>
}

/** One value of what was said, as plain text. */
export function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** All that was said, in one line. */
export function inLine(detail: Record<string, unknown>): string {
  return Object.entries(detail).map(([name, value]) => `${name}: ${plain(value)}`).join('; ')
}
