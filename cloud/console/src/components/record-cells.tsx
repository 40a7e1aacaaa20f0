import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { PriorityBadge } from './badges.tsx';

/** What a line of cases or work orders is of: its number, which leads to it, its priority and title. */
export function NumberedTitle(props: {
  of: { number: string; priority: string; title: string };
  link: (number: ReactNode) => ReactNode;
}) {
  const { number, priority, title } = props.of;
  return (
    <Stack gap={2}>
      <Group gap="xs">
        {props.link(
          <Text size="sm" fw={600} className="number">
            {number}
          </Text>,
        )}
        <PriorityBadge priority={priority} />
      </Group>
      <Text size="sm">{title}</Text>
    </Stack>
  );
}

/** A name, and beneath it what belongs to it. */
export function NameWithMore({ name, more }: { name: ReactNode; more: ReactNode }) {
  return (
    <>
      <Text size="sm">{name}</Text>
      <Text size="xs" c="dimmed">
        {more}
      </Text>
    </>
  );
}
