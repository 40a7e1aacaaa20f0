import { Button, Center } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

const pageRows = 50;
/** The cloud's limit of one page. */
const rowsMax = 200;

/** How many rows to ask for, and the button that asks for more. */
export function useGrowingLimit() {
  const [limit, setLimit] = useState(pageRows);
  const { t } = useTranslation();
  const more = (hasMore: boolean) =>
    hasMore && limit < rowsMax ? (
      <Center mt="sm">
        <Button
          variant="default"
          size="xs"
          onClick={() => setLimit((current) => Math.min(rowsMax, current + pageRows))}
        >
          {t('common.more')}
        </Button>
      </Center>
    ) : null;
  return { limit, more };
}
