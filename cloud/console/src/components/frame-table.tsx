import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDownLeft, IconArrowUpRight } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RecordedFrame, RecordingPart } from '../api/alert.ts';
import { frameLines, framesAround } from './frames.ts';

/** Of each side of the alert so many frames are shown at first, those nearest to it. */
const shownFirst = 20;
/** A frame of more bytes is folded, to so many. */
const bytesUnfoldedMax = 64;
const bytesFolded = 32;

/** The frames of the device's wire, with times that count from the alert. `raisedAt` is by the gateway's clock. */
export function FrameTable({ parts, raisedAt }: { parts: RecordingPart[]; raisedAt: string }) {
  const { t, i18n } = useTranslation();
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false;
  const [showsAll, setShowsAll] = useState({ before: false, after: false });
  const { before, after, lacksBefore, lacksAfter } = framesAround(parts);
  const early = showsAll.before ? before : before.slice(-shownFirst);
  const late = showsAll.after ? after : after.slice(0, shownFirst);
  const rows = (frames: RecordedFrame[], side: string) =>
    frames.map((frame, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: frames of a recording never change, and may be alike.
      <FrameRow key={`${side}-${index}`} frame={frame} raisedAt={Date.parse(raisedAt)} isNarrow={isNarrow} />
    ));
  return (
    <Table
      className="frames"
      verticalSpacing={4}
      horizontalSpacing={isNarrow ? 0 : 'xs'}
      data-testid="frames"
    >
      {!isNarrow && (
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={110}>{t('recording.time')}</Table.Th>
            <Table.Th w={160}>{t('recording.direction')}</Table.Th>
            <Table.Th w={80}>{t('recording.length')}</Table.Th>
            <Table.Th>{t('recording.bytes')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
      )}
      <Table.Tbody>
        {lacksBefore && <Remark>{t('recording.lacksBefore')}</Remark>}
        {early.length < before.length && (
          <More
            label={t('recording.earlier', { frames: before.length - early.length })}
            show={() => setShowsAll({ ...showsAll, before: true })}
          />
        )}
        {rows(early, 'before')}
        <Table.Tr className="frames-raised" data-testid="frames-raised">
          <Table.Td colSpan={4}>
            {t('recording.raisedHere', {
              time: new Date(raisedAt).toLocaleTimeString(i18n.language, {
                hour: '2-digit',
                minute: '2-digit',
                second: '2-digit',
                fractionalSecondDigits: 3,
              }),
            })}
          </Table.Td>
        </Table.Tr>
        {lacksAfter && <Remark>{t('recording.lacksAfter')}</Remark>}
        {rows(late, 'after')}
        {late.length < after.length && (
          <More
            label={t('recording.later', { frames: after.length - late.length })}
            show={() => setShowsAll({ ...showsAll, after: true })}
          />
        )}
      </Table.Tbody>
    </Table>
  );
}

function FrameRow(props: { frame: RecordedFrame; raisedAt: number; isNarrow: boolean }) {
  const { t, i18n } = useTranslation();
  const { frame, raisedAt, isNarrow } = props;
  const milliseconds = Date.parse(frame.at) - raisedAt;
  const time = `${new Intl.NumberFormat(i18n.language, { signDisplay: 'exceptZero' }).format(milliseconds)} ms`;
  const keptBytes = frame.hexadecimal.length / 2;
  const length = `${frame.lengthBytes ?? keptBytes} B`;
  const Arrow = frame.direction === 'sent' ? IconArrowUpRight : IconArrowDownLeft;
  const direction = (
    <Group gap={4} wrap="nowrap">
      <Arrow size={14} aria-hidden />
      {t(`recording.${frame.direction}`)}
    </Group>
  );
  if (isNarrow) {
    return (
      <Table.Tr data-testid="frame">
        <Table.Td colSpan={4}>
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <span className="number">{time}</span>
            {direction}
            <span className="number">{length}</span>
          </Group>
          <FrameBytes frame={frame} bytesPerLine={8} />
        </Table.Td>
      </Table.Tr>
    );
  }
  return (
    <Table.Tr data-testid="frame">
      <Table.Td className="number">{time}</Table.Td>
      <Table.Td>{direction}</Table.Td>
      <Table.Td className="number">{length}</Table.Td>
      <Table.Td>
        <FrameBytes frame={frame} bytesPerLine={16} />
      </Table.Td>
    </Table.Tr>
  );
}

/** Hexadecimal on the left, the same bytes as text on the right; a long frame is folded. */
function FrameBytes({ frame, bytesPerLine }: { frame: RecordedFrame; bytesPerLine: number }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const keptBytes = frame.hexadecimal.length / 2;
  const isLong = keptBytes > bytesUnfoldedMax;
  const lines = frameLines(
    isLong && !isOpen ? frame.hexadecimal.slice(0, bytesFolded * 2) : frame.hexadecimal,
    bytesPerLine,
  );
  return (
    <Stack gap={2} align="flex-start">
      <div className="frame-bytes" style={{ gridTemplateColumns: `${bytesPerLine * 3}ch ${bytesPerLine}ch` }}>
        {lines.map((line) => (
          <div key={line.offset} className="frame-line">
            <span>{line.hexadecimal}</span>
            <span className="frame-text">{line.text}</span>
          </div>
        ))}
      </div>
      {frame.lengthBytes !== undefined && (
        <Text size="xs" c="dimmed">
          {t('recording.cut', { kept: keptBytes, whole: frame.lengthBytes })}
        </Text>
      )}
      {isLong && (
        <Button
          size="compact-xs"
          variant="subtle"
          px={0}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? t('recording.fold') : t('recording.unfold', { bytes: keptBytes })}
        </Button>
      )}
    </Stack>
  );
}

function Remark({ children }: { children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Td colSpan={4} c="dimmed">
        {children}
      </Table.Td>
    </Table.Tr>
  );
}

function More({ label, show }: { label: string; show: () => void }) {
  return (
    <Table.Tr>
      <Table.Td colSpan={4}>
        <Button size="compact-sm" variant="default" onClick={show}>
          {label}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
