import { Button, Center } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Page } from '../api/types.ts';
import { Loaded } from './states.tsx';

/** A long list, page by page: what was loaded so far, and a button for more. */
export function Paged<Item>(props: {
  query: UseInfiniteQueryResult<InfiniteData<Page<Item>>, Error>;
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Loaded query={props.query}>
      {(data) => {
        const items = data.pages.flatMap((page) => page.items);
        return items.length === 0 ? (
          props.empty
        ) : (
          <>
            {props.children(items)}
            {props.query.hasNextPage && (
              <Center mt="sm">
                <Button
                  variant="default"
                  size="xs"
                  loading={props.query.isFetchingNextPage}
                  onClick={() => void props.query.fetchNextPage()}
                >
                  {t('common.more')}
                </Button>
              </Center>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
