// The list as it is filtered, as a file: what leaves is entered in the audit log before its first byte.
import { Button, Menu } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../shell/me'
import { Sign } from '../../shell/signs'

export interface Carried {
  q: string
  state: string[]
  klass: string[]
  unit: number
  reason: string
  ticket: boolean
  undeclared: boolean
}

export function ExportMenu({ filters }: { filters: Carried }) {
  const { t, i18n } = useTranslation('cameras')
  const me = useMe()
  if (!me.may('export')) return null
  const address = (kind: string, addresses: boolean) => {
    const said = new URLSearchParams({ language: i18n.language === 'en' ? 'en' : 'zh-CN' })
    if (filters.q) said.set('q', filters.q)
    if (filters.state.length) said.set('state', filters.state.join(','))
    if (filters.klass.length) said.set('klass', filters.klass.join(','))
    if (filters.unit) said.set('unit', String(filters.unit))
    if (filters.reason) said.set('reason', filters.reason)
    if (filters.ticket) said.set('ticket', 'true')
    if (filters.undeclared) said.set('undeclared', 'true')
    if (addresses) said.set('addresses', 'true')
    return `/api/exports/cameras/${kind}?${said}`
  }
  return (
    <Menu>
      <Menu.Target><Button variant="default" size="sm" leftSection={<Sign name="down_file" />}>{t('carry.title')}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('carry.note')}</Menu.Label>
        <Menu.Item component="a" href={address('xlsx', false)} download>{t('carry.xlsx')}</Menu.Item>
        <Menu.Item component="a" href={address('csv', false)} download>{t('carry.csv')}</Menu.Item>
        {me.may('see_addresses') && <Menu.Item component="a" href={address('xlsx', true)} download>{t('carry.addresses')}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}
