// What each role may do, as the server's code has it.
import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, got } from '../../shell/api'
import { Answer, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'

export function Rights() {
  const { t } = useTranslation(['people', 'common'])
  const found = useQuery({ queryKey: ['rights'], queryFn: () => got(api.GET('/api/rights')), staleTime: Infinity })
  return (
    <Answer of={found}>
      {({ roles, verbs, token_verbs }) => (
        <>
          <Text size="sm" c="dimmed" mb="sm">{t('rights.note')}</Text>
          <Wide label={t('tabs.rights')}>
            <Table className="people-matrix" aria-label={t('tabs.rights')} miw={1120} striped>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('rights.may')}</Table.Th>
                  {roles.map((each) => <Table.Th scope="col" key={each.role}>{t(`common:role.${each.role}`)}</Table.Th>)}
                  <Table.Th scope="col">{t('rights.token')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {verbs.map((verb) => (
                  <Table.Tr key={verb}>
                    <Table.Th scope="row">{t(`common:verb.${verb}`)}</Table.Th>
                    {roles.map((each) => <Mark key={each.role} yes={each.verbs.includes(verb)} />)}
                    <Mark yes={token_verbs.includes(verb)} />
                  </Table.Tr>
                ))}
                <Table.Tr data-apart>
                  <Table.Th scope="row">{t('rights.second_factor')}</Table.Th>
                  {roles.map((each) => <Mark key={each.role} yes={each.second_factor} />)}
                  <Mark yes={false} />
                </Table.Tr>
                <Table.Tr>
                  <Table.Th scope="row">{t('rights.over_lots')}</Table.Th>
                  {roles.map((each) => <Mark key={each.role} yes={each.over_lots} />)}
                  <Mark yes={false} />
                </Table.Tr>
              </Table.Tbody>
            </Table>
          </Wide>
        </>
      )}
    </Answer>
  )
}

function Mark({ yes }: { yes: boolean }) {
  const { t } = useTranslation('common')
  return (
    <Table.Td>
      {yes && <Sign name="check" />}
      <span className="unseen">{yes ? t('word.yes') : t('word.no')}</span>
    </Table.Td>
  )
}
