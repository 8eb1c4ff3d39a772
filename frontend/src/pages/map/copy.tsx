// Copies a text, and says that it did.
import { ActionIcon, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Sign } from '../../shell/signs'

export function CopyButton({ text, name }: { text: string; name: string }) {
  const { t } = useTranslation('map')
  const [done, setDone] = useState(false)
  const copy = async () => {
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
  const label = done ? t('copied') : t('copy', { name })
  return (
    <>
      <Tooltip label={label}><ActionIcon size={24} variant="subtle" color="gray" aria-label={t('copy', { name })} onClick={() => void copy()}>{done ? <Sign name="check" size={14} /> : <Sheets />}</ActionIcon></Tooltip>
      <span role="status" className="unseen">{done ? t('copied') : ''}</span>
    </>
  )
}

function Sheets() {
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d="M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3" fill="none" stroke="currentColor" strokeWidth="1.500" strokeLinejoin="round" />
    </svg>
  )
}
