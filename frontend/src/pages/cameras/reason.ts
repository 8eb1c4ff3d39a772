import { useTranslation } from 'react-i18next'

/** The reason behind a state in words: an outcome, or a kind of fault. */
export function useReason(): (code: string) => string {
  const { t } = useTranslation('common')
  return (code) => (code ? t(`kind.${code}`, { defaultValue: t(`outcome.${code}`, { defaultValue: code }) }) : '–')
}
