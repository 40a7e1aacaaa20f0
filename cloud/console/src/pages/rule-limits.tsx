import { Fieldset, NumberInput, SimpleGrid, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type AlertRule, type Limit, type LimitName, limitNames } from '../api/alert-rule.ts';
import { deadbandByItself, isTyped, untyped, withSetpoint } from './rule-draft.ts';
import { Delays, ErrorCodeField, labelled, SeverityField } from './rule-fields.tsx';
import { withNumber } from './with-number.ts';

interface LimitProps {
  rule: AlertRule;
  unit: string;
  change: (rule: AlertRule) => void;
  /** What a limit is given that is typed here. */
  fresh?: Partial<Limit>;
}

/** The limits of what a rule measures, each with all that it leads to; one that is emptied goes. */
export function LimitFields({ isOptional, ...props }: LimitProps & { isOptional?: boolean }) {
  const isEmpty = limitNames.every((name) => !isTyped(props.rule.limits?.[name]));
  return (
    <Stack gap="xs">
      {limitNames.map((name) => (
        <OneLimit key={name} name={name} isRequired={!isOptional && isEmpty && name === 'hi'} {...props} />
      ))}
    </Stack>
  );
}

function OneLimit(props: LimitProps & { name: LimitName; isRequired: boolean }) {
  const { t } = useTranslation();
  const { name, rule, unit, fresh, isRequired, change } = props;
  const { limits = {} } = rule;
  const limit = limits[name];
  const owner = name.toUpperCase();
  const set = (part: Limit) => change({ ...rule, limits: { ...limits, [name]: part } });
  const setpoint = unit === '' ? t('rules.setpoint') : `${t('rules.setpoint')} (${unit})`;
  return (
    <Fieldset legend={owner} px="sm" pt={0} pb="xs">
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs" verticalSpacing={4}>
        <NumberInput
          label={setpoint}
          aria-label={`${owner}: ${t('rules.setpoint')}`}
          hideControls
          required={isRequired}
          value={isTyped(limit) ? limit.setpoint : ''}
          onChange={(value) => change(withSetpoint(rule, name, value === '' ? '' : Number(value), fresh))}
        />
        {isTyped(limit) && (
          <>
            <NumberInput
              {...labelled(t('rules.deadband'), owner)}
              hideControls
              placeholder={Number.isNaN(limit.deadband) ? String(deadbandByItself(limits)) : '0'}
              min={0}
              value={limit.deadband === undefined || Number.isNaN(limit.deadband) ? '' : limit.deadband}
              onChange={(value) => {
                // An empty field of a limit that was just typed is left to itself.
                const isUntouched = value === '' && Number.isNaN(limit.deadband);
                set(withNumber(limit, 'deadband', isUntouched ? untyped : value));
              }}
            />
            <Delays owner={owner} of={limit} change={set} />
            <SeverityField
              owner={owner}
              value={limit.severity}
              change={(severity) => set({ ...limit, severity })}
            />
            <ErrorCodeField owner={owner} of={limit} change={set} />
          </>
        )}
      </SimpleGrid>
    </Fieldset>
  );
}
