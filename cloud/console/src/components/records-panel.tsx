import { Button, Modal, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Allowed } from './allowed.tsx';
import { Panel } from './panel.tsx';
import { Empty, Loaded } from './states.tsx';

/** What belongs to a customer, a line for each, and a form to add one or to change it. */
export function RecordsPanel<Kept>(props: {
  title: string;
  add: string;
  none: string;
  gap?: string;
  records: {
    data: { items: Kept[] } | undefined;
    error: Error | null;
    isPending: boolean;
    refetch: () => unknown;
  };
  line: (record: Kept, editButton: ReactNode) => ReactNode;
  form: (record: Kept | undefined, close: () => void) => ReactNode;
}) {
  const { t } = useTranslation();
  const { title, add, none, gap = 'md', records, line, form } = props;
  const [edited, setEdited] = useState<{ record: Kept | undefined } | null>(null);
  return (
    <Panel
      title={title}
      side={
        <Allowed to="accounts:write">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => setEdited({ record: undefined })}
          >
            {add}
          </Button>
        </Allowed>
      }
    >
      <Loaded query={records}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={none} />
          ) : (
            <Stack gap={gap}>
              {items.map((record) =>
                line(
                  record,
                  <Allowed to="accounts:write">
                    <Button size="compact-xs" variant="default" onClick={() => setEdited({ record })}>
                      {t('customers.edit')}
                    </Button>
                  </Allowed>,
                ),
              )}
            </Stack>
          )
        }
      </Loaded>
      <Modal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited !== null && edited.record === undefined ? add : t('customers.edit')}
        centered
      >
        {edited !== null && form(edited.record, () => setEdited(null))}
      </Modal>
    </Panel>
  );
}
