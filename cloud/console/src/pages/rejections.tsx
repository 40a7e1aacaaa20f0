import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Rejection, registryQueries } from '../api/registry.ts';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

const shownMax = 20;
const example = '{"temperature": 21.5}';

/** What arrived at a gateway and was not taken: of all its devices, or of one. Shown on a device only where there is any. */
export function RejectionsPanel({ gatewayId, deviceId }: { gatewayId: string; deviceId?: string }) {
  const { t } = useTranslation();
  const rejections = useQuery(registryQueries.rejections(gatewayId, deviceId));
  if (deviceId !== undefined && rejections.data?.items.length === 0) {
    return null;
  }
  return (
    <Panel title={t('registration.rejected')}>
      <Loaded query={rejections}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('registration.noRejected')} />
          ) : (
            <Stack gap="sm">
              <Text size="xs" c="dimmed">
                {t('registration.rejectedHint')}
              </Text>
              {summed(items).map((sum) => (
                <RejectionLine key={sum.id} sum={sum} tellsDevice={deviceId === undefined} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** Over the days: one line for each reason, device and source, the last one heard of first. */
function summed(items: readonly Rejection[]): Rejection[] {
  const sums = new Map<string, Rejection>();
  for (const item of items) {
    const key = JSON.stringify([item.deviceId, item.source, item.reason]);
    const sum = sums.get(key);
    sums.set(key, {
      ...item,
      count: item.count + (sum?.count ?? 0),
      lastAt: sum !== undefined && sum.lastAt > item.lastAt ? sum.lastAt : item.lastAt,
    });
  }
  return [...sums.values()].sort((one, other) => (one.lastAt < other.lastAt ? 1 : -1)).slice(0, shownMax);
}

function RejectionLine({ sum, tellsDevice }: { sum: Rejection; tellsDevice: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack gap={0} data-testid="rejection" data-reason={sum.reason}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {t(`refusals.reason.${sum.reason}`, sum.reason)}
        </Text>
        <Text size="sm" className="number">
          {t('registration.times', { count: sum.count })}
        </Text>
        <Text size="xs" c="dimmed" component="span">
          {t('registration.lastTime')} <TimeAgo at={sum.lastAt} size="xs" />
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {[tellsDevice ? sum.deviceId : null, sum.source].filter((part) => part !== null).join(' · ')}
      </Text>
      <Text size="sm">
        {t(`refusals.toDo.${sum.reason}`, { example, defaultValue: t('refusals.toDo.other') })}
      </Text>
    </Stack>
  );
}
