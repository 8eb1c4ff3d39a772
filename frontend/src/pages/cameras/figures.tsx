// The figures of one camera's picture: what is usual there, and beside it the look that changed the verdict.
import { Select, Stack, Table, Text, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, got, type Schemas } from '../../shell/api'
import { figure, instant } from '../../shell/format'
import { Instant } from '../../shell/marks'
import { Answer, Wide } from '../../shell/page'
import { Sign } from '../../shell/signs'
import { useReason } from './reason'

type Picture = Schemas['CameraPicture']
/** of the scalar figures those that say something to a person; the interface for programs has all */
const SHOWN = ['mean', 'crispness', 'edged_share', 'veil_share', 'noise', 'flat_share', 'grey_share', 'colour_share', 'blockiness', 'broken_rows', 'dark_blob', 'stripe'] as const
const FAR_SIGMAS = 3

export function PictureFigures({ point_id }: { point_id: number }) {
  const found = useQuery({ queryKey: ['cameras', 'picture', point_id], queryFn: () => got(api.GET('/api/cameras/{point_id}/figures', { params: { path: { point_id } } })) })
  return <Answer of={found} lines={4}>{(picture) => <Figures of={picture} />}</Answer>
}

function Figures({ of }: { of: Picture }) {
  const { t } = useTranslation('cameras')
  const reason = useReason()
  const [chosen, setChosen] = useState('0')
  const [beside, setBeside] = useState<string | null>(null)
  const reference = of.references[Number(chosen)]
  const judged = of.judged_s === null ? <p className="dim">{t('picture.never')}</p> : <Text size="sm">{t('picture.judged')} <Instant at_s={of.judged_s} />{of.is_provisional && ` · ${t('picture.provisional')}`}</Text>
  if (!reference) return <>{judged}{of.judged_s !== null && <p className="dim">{t('picture.young')}</p>}</>
  const looks = of.changes.map((each, index) => ({ ...each, index })).filter((each) => each.light === reference.light && each.rung === reference.rung && Object.keys(each.figures).length > 0)
  const look = looks.find((each) => String(each.index) === beside) ?? looks.find((each) => each.what === 'opened') ?? looks[0]
  return (
    <Stack gap="sm">
      {judged}
      {of.references.length > 1 && (
        <Select size="xs" label={t('picture.reference')} allowDeselect={false} value={chosen} onChange={(next) => setChosen(next ?? '0')}
          data={of.references.map((each, index) => ({ value: String(index), label: `${t(`picture.light.${each.light}`)} · ${t(`picture.rung.${each.rung}`)}` }))} />
      )}
      <Text size="sm" c="dimmed">
        {t(`picture.light.${reference.light}`)} · {t('picture.looks', { count: reference.looks })} · <Instant at_s={reference.from_s} form="day" />
        {reference.doubts.length > 0 && !reference.is_confirmed && ` · ${t('picture.doubt', { what: reference.doubts.map(reason).join(', ') })}`}
      </Text>
      {looks.length > 1 && look && (
        <Select size="xs" label={t('picture.beside')} allowDeselect={false} value={String(look.index)} onChange={setBeside}
          data={looks.map((each) => ({ value: String(each.index), label: `${instant(each.at_s)} ${each.kind ? reason(each.kind) : ''} ${t(`picture.what.${each.what}`)}` }))} />
      )}
      <Wide label={t('picture.title')}>
        <Table aria-label={t('picture.title')} miw={look ? 400 : 280}>
          <Table.Thead><Table.Tr><Table.Th>{t('picture.figure')}</Table.Th><Table.Th ta="right">{t('picture.usual')}</Table.Th>{look && <Table.Th ta="right"><Instant at_s={look.at_s} /></Table.Th>}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {SHOWN.map((name) => {
              const spread = reference.spread[name] ?? 0
              const then = look?.figures[name]
              const sigmas = then === undefined || !look ? 0 : Math.abs(then - (look.usual[name] ?? then)) / (look.spread[name] || 1)
              return (
                <Table.Tr key={name}>
                  <Table.Th scope="row">{t(`picture.of.${name}`)}</Table.Th>
                  <Table.Td ta="right">{figure(reference.usual[name] ?? 0, 3)} <span className="dim">{`± ${figure(spread, 3)}`}</span></Table.Td>
                  {look && <Table.Td ta="right">{sigmas > FAR_SIGMAS && <span className="spaced" title={t('picture.far')}><Sign name="fault" size={12} /><VisuallyHidden>{t('picture.far')}</VisuallyHidden></span>}{then === undefined ? '–' : figure(then, 3)}</Table.Td>}
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Wide>
    </Stack>
  )
}
