import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '../components/states.tsx';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Empty title={t('common.notFoundTitle')} text={t('common.notFoundText')}>
      <Button component={Link} to="/" variant="default" mt="sm">
        {t('common.goOverview')}
      </Button>
    </Empty>
  );
}
