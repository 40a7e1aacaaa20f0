import { ActionIcon, Box, Group, Popover, Stack, Text } from '@mantine/core';
import {
  IconBriefcase,
  IconChevronRight,
  IconRefresh,
  IconSend,
  IconTool,
  IconUrgent,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Moment } from '../api/moments.ts';
import { severityColor } from '../app/theme.ts';
import { TimeAgo } from '../components/time.tsx';
import { type Pin, pinsOf } from './pins.ts';

/** Where the chart's own plot lies within it, in pixels. */
export interface PlotPlace {
  left: number;
  width: number;
}

const pinPixels = 24;
/** So many of a pin's moments are told. */
const momentsToldMax = 8;

const worst = Object.keys(severityColor);

const icons: Record<string, typeof IconUrgent> = {
  alert: IconUrgent,
  command: IconSend,
  device: IconRefresh,
  case: IconBriefcase,
  'work-order': IconTool,
};
const subjectOf = (moment: Moment): string => moment.kind.split('.')[0] ?? '';

/** Alerts come first, the worst of them before the others: what a pin shows of all that it stands for. */
function rank(moment: Moment): number {
  const severity = worst.indexOf(moment.severity ?? '');
  return subjectOf(moment) === 'alert' ? (severity < 0 ? worst.length : severity) : worst.length + 1;
}

const failed = new Set(['FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED']);

function colorOf(moment: Moment): string {
  if (subjectOf(moment) === 'alert') {
    return severityColor[moment.severity ?? ''] ?? 'gray';
  }
  if (failed.has(moment.state ?? '')) {
    return 'red';
  }
  return ['SUCCEEDED', 'resolved', 'completed', 'posted'].includes(moment.state ?? '') ? 'green' : 'steel';
}

/** What happened meanwhile, above the chart at its time: one pin for what lies too close together. */
export function ChartPins(props: {
  moments: readonly Moment[];
  span: { from: number; to: number };
  place: PlotPlace;
}) {
  const { place } = props;
  const pins = place.width > 0 ? pinsOf(props.moments, props.span, pinPixels / place.width) : [];
  return (
    <Box className="chart-pins" data-testid="chart-pins">
      {pins.map((pin) => (
        <OnePin key={pin.moments[0]?.id} pin={pin} left={place.left + pin.position * place.width} />
      ))}
    </Box>
  );
}

function OnePin({ pin, left }: { pin: Pin; left: number }) {
  const { t } = useTranslation();
  const [shown] = [...pin.moments].sort((one, other) => rank(one) - rank(other));
  if (shown === undefined) {
    return null;
  }
  const Icon = icons[subjectOf(shown)] ?? IconUrgent;
  const told = pin.moments.slice(0, momentsToldMax);
  return (
    <Box className="chart-pin" style={{ left }}>
      <Popover position="bottom" withArrow shadow="md" width={280}>
        <Popover.Target>
          <ActionIcon
            size={20}
            radius="xl"
            variant={subjectOf(shown) === 'alert' ? 'filled' : 'light'}
            color={colorOf(shown)}
            aria-label={told.map((moment) => textOf(moment, t)).join('; ')}
          >
            {pin.moments.length > 1 ? (
              <Text span size="xs" fw={700} lh={1}>
                {pin.moments.length > 99 ? '99+' : pin.moments.length}
              </Text>
            ) : (
              <Icon size={13} />
            )}
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown p="xs">
          <Stack gap={6}>
            {told.map((moment) => (
              <ToldMoment key={moment.id} moment={moment} />
            ))}
            {pin.moments.length > told.length && (
              <Text size="xs" c="dimmed">
                {t('device.moreMoments', { count: pin.moments.length - told.length })}
              </Text>
            )}
          </Stack>
        </Popover.Dropdown>
      </Popover>
    </Box>
  );
}

const pages: Record<string, string> = { alert: '/alerts', case: '/cases', 'work-order': '/work-orders' };

function ToldMoment({ moment }: { moment: Moment }) {
  const { t } = useTranslation();
  const Icon = icons[subjectOf(moment)] ?? IconUrgent;
  const page = pages[subjectOf(moment)];
  const text = (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Text span c={colorOf(moment)} lh={1} mt={2}>
        <Icon size={15} />
      </Text>
      <Box flex={1}>
        <Text size="sm">{textOf(moment, t)}</Text>
        <TimeAgo at={moment.at} size="xs" />
      </Box>
      {page !== undefined && <IconChevronRight size={14} />}
    </Group>
  );
  return page === undefined || moment.recordId === null ? (
    text
  ) : (
    <Link to={`${page}/${moment.recordId}`} className="plain-link">
      {text}
    </Link>
  );
}

/** In plain words: `Command reboot: Succeeded`. */
function textOf(moment: Moment, t: TFunction): string {
  const state = moment.state ?? '';
  return t(`device.moment.${moment.kind.replaceAll('.', '·')}`, {
    title: moment.title ?? '',
    severity: t(`severity.${moment.severity}`, moment.severity ?? ''),
    state: t(`commandState.${state}`, t(`cases.${state}`, t(`workOrders.is.${state}`, state))),
  });
}
