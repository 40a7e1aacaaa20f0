import type { ConfigurationReport } from '@andon/shared/contracts';
import type { LoadedConfiguration } from './configuration.ts';
import type { GatewayHealth } from './trial.ts';

export interface KeeperLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** The gateway that runs, as far as its configuration is concerned. */
export interface ConfigurableGateway {
  /** Brings it to this configuration. Rejects where it could not, and then it may be anywhere between. */
  apply(wanted: LoadedConfiguration): Promise<void>;
  health(): GatewayHealth;
  /** Durable when it resolves. */
  report(report: ConfigurationReport): Promise<void>;
}
