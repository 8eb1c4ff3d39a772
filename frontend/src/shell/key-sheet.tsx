// The sheet of `?`: what the keys do here, and the switch for single letters (WCAG 2.1.4).
import { Kbd, Modal, Stack, Switch, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { keep } from './kept'
import { shortcutsNow } from './keys'
import { useKept } from './use-kept'

const SHOWN: Record<string, string> = { 'mod+k': 'Ctrl K / ⌘ K', Escape: 'Esc', ArrowDown: '↓', ArrowUp: '↑', Enter: '↵' }

export function KeySwitch() {
  const { t } = useTranslation('shell')
  const { keys = 'on' } = useKept()
  return <Switch label={t('keys.switch')} description={t('keys.switch_note')} checked={keys === 'on'} onChange={(event) => keep({ keys: event.currentTarget.checked ? 'on' : 'off' })} />
}

export function KeySheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('shell')
  return (
    <Modal opened={opened} onClose={onClose} title={t('keys.title')}>
      <Stack>
        <Table aria-label={t('keys.title')}>
          <Table.Tbody>
            {opened && shortcutsNow().map((each) => (
              <Table.Tr key={each.key}><Table.Th scope="row"><Kbd>{SHOWN[each.key] ?? each.key}</Kbd></Table.Th><Table.Td>{t(each.says)}</Table.Td></Table.Tr>
            ))}
            <Table.Tr><Table.Th scope="row"><Kbd>{'↑ ↓ PgUp PgDn Home End'}</Kbd></Table.Th><Table.Td>{t('keys.walk')}</Table.Td></Table.Tr>
            <Table.Tr><Table.Th scope="row"><Kbd>{'↵'}</Kbd></Table.Th><Table.Td>{t('keys.open')}</Table.Td></Table.Tr>
          </Table.Tbody>
        </Table>
        <KeySwitch />
      </Stack>
    </Modal>
  )
}
