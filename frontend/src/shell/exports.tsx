// A list as a file: asked for here, written by the server beside the pages, fetched from "my exports" whenever it is ready.
import { Button, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { Schemas } from './api'
import { Problem } from './api'
import { useMe } from './me'
import { Sign } from './signs'
import { toast } from './toasts'

export type ExportKind = Schemas['ExportRow']['kind']
export type FileLanguage = 'en' | 'zh-CN'
export const EXPORTS = '/account/exports'

/** ask: asks the server for the list as it is filtered now. addresses: the list can have a column of them. */
export function ExportMenu({ ask, addresses = false }: {
  ask: (kind: ExportKind, language: FileLanguage, addresses: boolean) => Promise<Schemas['ExportMade']>
  addresses?: boolean
}) {
  const { t, i18n } = useTranslation('shell')
  const me = useMe()
  const queries = useQueryClient()
  const [, go] = useLocation()
  if (!me.may('export')) return null
  const order = async (kind: ExportKind, withAddresses: boolean) => {
    try {
      await ask(kind, i18n.language === 'en' ? 'en' : 'zh-CN', withAddresses)
      await queries.invalidateQueries({ queryKey: ['exports'] })
      toast({ words: t('exports.asked'), undo: { words: t('exports.open'), run: () => go(EXPORTS) } })
    } catch (failed) {
      toast({ kind: 'failed', words: failed instanceof Problem ? failed.detail || t('problem.other') : t('problem.other') })
    }
  }
  return (
    <Menu>
      <Menu.Target><Button variant="default" size="sm" leftSection={<Sign name="down_file" />}>{t('exports.act')}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('exports.note')}</Menu.Label>
        <Menu.Item onClick={() => void order('xlsx', false)}>{t('exports.xlsx')}</Menu.Item>
        <Menu.Item onClick={() => void order('csv', false)}>{t('exports.csv')}</Menu.Item>
        {addresses && me.may('see_addresses') && <Menu.Item onClick={() => void order('xlsx', true)}>{t('exports.with_addresses')}</Menu.Item>}
        <Menu.Divider />
        <Menu.Item onClick={() => go(EXPORTS)}>{t('exports.title')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
