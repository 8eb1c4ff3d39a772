// Copies a text, and says that it did.
import { ActionIcon, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { curl } from './curl'
import { Sign, type SignName } from './signs'

/** Whether a text was copied a moment ago, and the act of copying one. */
export function useCopy(): [done: boolean, copy: (text: string) => void] {
  const [done, setDone] = useState(false)
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      // a page without TLS has no clipboard of its own
      const field = document.createElement('textarea')
      field.value = text
      document.body.append(field)
      field.select()
      document.execCommand('copy')
      field.remove()
    }
    setDone(true)
    setTimeout(() => setDone(false), 2_000)
  }
  return [done, (text) => void copy(text)]
}

/** A small button that copies a text. label: what is copied, in words. */
export function CopyButton({ text, label, sign = 'copy', variant = 'subtle' }: { text: string; label: string; sign?: SignName; variant?: 'subtle' | 'default' }) {
  const { t } = useTranslation('shell')
  const [done, copy] = useCopy()
  return (
    <>
      <Tooltip label={done ? t('copied') : label}>
        <ActionIcon size={variant === 'subtle' ? 24 : undefined} variant={variant} color={variant === 'subtle' ? 'gray' : undefined} aria-label={label} onClick={() => copy(text)}><Sign name={done ? 'check' : sign} size={variant === 'subtle' ? 14 : 16} /></ActionIcon>
      </Tooltip>
      <span role="status" className="unseen">{done ? t('copied') : ''}</span>
    </>
  )
}

/** The question of a list, as a line that asks it of the server with a token. */
export function CopyCurl({ asked }: { asked: string }) {
  const { t } = useTranslation('shell')
  return <CopyButton text={curl(new URL(asked, location.origin).href)} label={t('table.curl')} sign="code" variant="default" />
}
