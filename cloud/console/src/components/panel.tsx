import { Group, Paper, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export function Panel({
  title,
  side,
  children,
}: {
  title: ReactNode;
  side?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Paper withBorder p="md" component="section">
      <Group justify="space-between" mb="xs">
        <Title order={3} size="h5">
          {title}
        </Title>
        {side}
      </Group>
      {children}
    </Paper>
  );
}
