import { Button, Paper, Table, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { DeviceCategory } from '../api/types.ts';
import { Allowed } from '../components/allowed.tsx';
import { formatValue } from '../components/format.ts';
import { PageTitle } from '../components/page-title.tsx';
import { hasLimitsOfTheValue } from '../components/rules.ts';
import { Empty, Loaded } from '../components/states.tsx';
import { WideTable } from '../components/wide-table.tsx';

export function CategoriesPage() {
  const { t } = useTranslation();
  const categories = useQuery(queries.categories());
  const add = (
    <Allowed to="devices:write">
      <Button component={Link} to="/categories/new" leftSection={<IconPlus size={16} />}>
        {t('categories.add')}
      </Button>
    </Allowed>
  );
  return (
    <>
      <PageTitle title={t('nav.categories')} sub={t('categories.intro')}>
        {add}
      </PageTitle>
      <Paper withBorder p="md">
        <Loaded query={categories}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty title={t('categories.empty')} text={t('categories.emptyText')}>
                {add}
              </Empty>
            ) : (
              <CategoryTable categories={page.items} />
            )
          }
        </Loaded>
      </Paper>
    </>
  );
}

function CategoryTable({ categories }: { categories: DeviceCategory[] }) {
  const { t } = useTranslation();
  return (
    <WideTable minWidth={520} verticalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('device.category')}</Table.Th>
          <Table.Th>{t('categories.signals')}</Table.Th>
          <Table.Th>{t('categories.limits')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {categories.map((category) => (
          <Table.Tr key={category.id} data-testid="category-row" style={{ verticalAlign: 'top' }}>
            <Table.Td>
              <Link to="/categories/$categoryId" params={{ categoryId: category.id }}>
                <Text size="sm" fw={600}>
                  {category.name}
                </Text>
              </Link>
              <Text size="xs" c="dimmed">
                {category.id}
              </Text>
            </Table.Td>
            <Table.Td>
              <Text size="sm">{category.signals.map((signal) => signal.name).join(', ')}</Text>
            </Table.Td>
            <Table.Td>
              <LimitLines category={category} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function LimitLines({ category }: { category: DeviceCategory }) {
  const { i18n } = useTranslation();
  const unitOf = (name: string) => category.signals.find((signal) => signal.name === name)?.unit;
  return category.rules.filter(hasLimitsOfTheValue).map((rule) => (
    <Text size="sm" key={rule.name}>
      {rule.signal}:{' '}
      {Object.entries(rule.limits ?? {})
        .map(
          ([name, limit]) =>
            `${name.toUpperCase()} ${formatValue(limit.setpoint, unitOf(rule.signal), i18n.language)}`,
        )
        .join(', ')}
    </Text>
  ));
}
