import { compileRule } from '@andon/shared/alert-rules';
import type { AlertRule, DeviceDefinition } from '@andon/shared/contracts';

/** All signals that a rule looks at, its own first: those of deviations, formulas and inhibition, too. */
export function signalsOfRule(rule: AlertRule): readonly string[] {
  return compileRule(rule).plan?.signals ?? [rule.signal];
}

/** The signals that the configuration knows of: those of one device, or of all. */
export function watchedSignals(
  devices: readonly DeviceDefinition[],
  deviceId: string | undefined,
): Set<string> {
  return new Set(
    devices
      .filter(({ id }) => deviceId === undefined || id === deviceId)
      .flatMap(({ signals = [], rules = [] }) => [
        ...signals.map(({ name }) => name),
        ...rules.flatMap(signalsOfRule),
      ]),
  );
}
