import { NumberInput, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import {
  type AlertRule,
  type Limit,
  type LimitName,
  limitNames,
  severityOfLimit,
} from '../api/alert-rule.ts';
import { WideTable } from '../components/wide-table.tsx';
import { ErrorCodeField, SeverityField, withNumber } from './rule-conditions.tsx';

/** The limits of what a rule measures, each with all that it leads to; one that is emptied goes. */
export function LimitFields(props: { rule: AlertRule; unit: string; change: (rule: AlertRule) => void }) {
  const { t } = useTranslation();
  const { rule, unit, change } = props;
  const limits = rule.limits ?? {};
  const isEmpty = limitNames.every((name) => limits[name] === undefined);
  const set = (name: LimitName, limit: Limit | undefined) => {
    const { [name]: _, ...others } = limits;
    change({ ...rule, limits: limit === undefined ? others : { ...others, [name]: limit } });
  };
  return (
    <WideTable minWidth={760} withRowBorders={false} verticalSpacing={4} horizontalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={70}>{t('rules.limit')}</Table.Th>
          <Table.Th>{unit === '' ? t('rules.setpoint') : `${t('rules.setpoint')} (${unit})`}</Table.Th>
          <Table.Th>{t('rules.deadband')}</Table.Th>
          <Table.Th>{t('rules.onDelay')}</Table.Th>
          <Table.Th w={170}>{t('rules.severity')}</Table.Th>
          <Table.Th w={110}>{t('case.errorCode')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {limitNames.map((name) => (
          <LimitRow
            key={name}
            name={name}
            limit={limits[name]}
            isRequired={isEmpty && name === 'hi'}
            set={(limit) => set(name, limit)}
          />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function LimitRow(props: {
  name: LimitName;
  limit: Limit | undefined;
  /** A rule needs one limit at least. */
  isRequired: boolean;
  set: (limit: Limit | undefined) => void;
}) {
  const { t } = useTranslation();
  const { name, limit, isRequired, set } = props;
  const isTyped = limit !== undefined && !Number.isNaN(limit.setpoint);
  return (
    <Table.Tr>
      <Table.Td>{name.toUpperCase()}</Table.Td>
      <Table.Td>
        <NumberInput
          aria-label={`${name.toUpperCase()}: ${t('rules.setpoint')}`}
          hideControls
          required={isRequired || (limit !== undefined && !isTyped)}
          value={isTyped ? limit.setpoint : ''}
          onChange={(value) =>
            set(
              value === ''
                ? undefined
                : { ...(limit ?? { severity: severityOfLimit[name] }), setpoint: Number(value) },
            )
          }
        />
      </Table.Td>
      {limit === undefined ? (
        <Table.Td colSpan={4} c="dimmed">
          –
        </Table.Td>
      ) : (
        <>
          <Table.Td>
            <NumberInput
              aria-label={t('rules.deadband')}
              hideControls
              placeholder="0"
              min={0}
              value={limit.deadband ?? ''}
              onChange={(value) => set(withNumber(limit, 'deadband', value))}
            />
          </Table.Td>
          <Table.Td>
            <NumberInput
              aria-label={t('rules.onDelay')}
              hideControls
              suffix=" s"
              placeholder="0 s"
              min={0}
              max={86_400}
              decimalScale={3}
              value={limit.onDelayMilliseconds === undefined ? '' : limit.onDelayMilliseconds / 1000}
              onChange={(value) =>
                set(
                  withNumber(
                    limit,
                    'onDelayMilliseconds',
                    value === '' ? '' : Math.round(Number(value) * 1000),
                  ),
                )
              }
            />
          </Table.Td>
          <Table.Td>
            <SeverityField
              isInTable
              value={limit.severity}
              change={(severity) => set({ ...limit, severity })}
            />
          </Table.Td>
          <Table.Td>
            <ErrorCodeField isInTable of={limit} change={set} />
          </Table.Td>
        </>
      )}
    </Table.Tr>
  );
}
