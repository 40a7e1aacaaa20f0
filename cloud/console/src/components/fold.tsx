import { Group, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';
import { flushSync } from 'react-dom';

/** What most people never need, folded away; it opens by itself where a field in it must be corrected. */
export function Fold(props: {
  label: string;
  /** What is set in it, so that nothing is hidden. */
  summary?: ReactNode;
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const Icon = isOpen ? IconChevronDown : IconChevronRight;
  return (
    // The browser shows its complaint at a field that it can bring into sight, so the field is there at once.
    <div onInvalidCapture={() => flushSync(() => setOpen(true))}>
      <UnstyledButton aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        <Group gap={6}>
          <Icon size={16} aria-hidden />
          <Text size="sm" fw={600}>
            {props.label}
          </Text>
          {props.summary}
        </Group>
      </UnstyledButton>
      <div id={id} hidden={!isOpen}>
        {props.children}
      </div>
    </div>
  );
}
