// A part of a settings page: its heading, a note, its acts.
import { Group, Paper, Text, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'

export function Part({ title, note, acts, children }: { title: string; note?: ReactNode; acts?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5" id={id}>{title}</Title>
        {acts && <Group gap="xs">{acts}</Group>}
      </Group>
      {note && <Text size="sm" c="dimmed" mb="sm" component="div">{note}</Text>}
      {children}
    </Paper>
  )
}
