import type { ConfigurationReport } from '@andon/shared/contracts';
import { AndonError, backoffMilliseconds } from '@andon/shared/kernel';
import type { RuleRequest } from './alerts/index.ts';
import {
  type ConfigurableGateway,
  differencesBetween,
  type GatewayHealth,
  type LoadedConfiguration,
} from './config/index.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import type { SetAside } from './outbox/index.ts';
import { Waker } from './waker.ts';

const roomBackoff = { baseMilliseconds: 1000, capMilliseconds: 30_000 };

export interface SupervisorOptions extends Omit<GatewayOptions, 'loaded' | 'setAside'> {
  readonly onReady: (ports: Gateway['ports']) => void;
}

const noHealth: GatewayHealth = {
  connectors: [],
  connectorsUp: [],
  cloudConnected: false,
  cloudRecords: undefined,
};

/**
 * Keeps one gateway running: starts it anew where its outbox was found damaged, and where a new configuration
 * changes what is read only at the start. One thing is done at a time.
 */
export class Supervisor implements ConfigurableGateway {
  readonly #options: SupervisorOptions;
  /** Rejects where the gateway could not begin anew: nobody but a person can help. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  #running: { readonly gateway: Gateway; loaded: LoadedConfiguration } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #room = new Waker();
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
  }

  start(): Promise<void> {
    return this.#next(() => this.#start(this.#options.keeper.loaded));
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#room.wake();
    return this.#next(() => this.#stop());
  }

  apply(wanted: LoadedConfiguration): Promise<void> {
    return this.#next(async () => {
      const running = this.#running;
      if (running && differencesBetween(running.loaded, wanted).restart.length === 0) {
        // Also where that fails half-way: what is compared next time is what was wanted last.
        running.loaded = wanted;
        await running.gateway.apply(wanted);
        return;
      }
      await this.#stop();
      await this.#start(wanted);
    });
  }

  health(): GatewayHealth {
    return this.#running?.gateway.health() ?? noHealth;
  }

  /** See `Pipeline.askRule`. */
  async askRule(request: RuleRequest): Promise<void> {
    if (!this.#running) {
      throw new Error('the gateway does not run');
    }
    await this.#running.gateway.askRule(request);
  }

  /** Not after a change that goes on, where a gateway runs: the cloud is told of one that hangs, too. */
  async report(report: ConfigurationReport): Promise<void> {
    const { gateway } = this.#running ?? (await this.#next(async () => this.#running)) ?? {};
    if (!gateway) {
      throw new Error('the gateway does not run');
    }
    await gateway.report(report);
  }

  async #start(loaded: LoadedConfiguration, setAside?: SetAside): Promise<void> {
    const gateway = await startGateway({ ...this.#options, loaded, ...(setAside && { setAside }) });
    this.#running = { gateway, loaded };
    gateway.damaged
      .then((moved) => this.#next(() => this.#beginAnew(gateway, moved)))
      .catch((error: unknown) => this.#fail(error));
    this.#options.onReady(gateway.ports);
  }

  async #beginAnew(damaged: Gateway, setAside: SetAside): Promise<void> {
    const running = this.#running;
    if (running?.gateway === damaged) {
      this.#options.logger.error(
        { ...setAside },
        'the outbox was damaged; it is set aside and the gateway begins anew',
      );
      await this.#stop();
      await this.#startWithRoom(running.loaded, setAside);
    }
  }

  /** A disk that has no room for a new outbox is waited for: that ends nothing but this gateway's own work. */
  async #startWithRoom(loaded: LoadedConfiguration, setAside: SetAside): Promise<void> {
    const { jitter, logger } = this.#options;
    for (let failures = 0; !this.#stopped; failures += 1) {
      try {
        await this.#start(loaded, setAside);
        return;
      } catch (error) {
        if (!(error instanceof AndonError && error.code === 'outbox.disk-full')) {
          throw error;
        }
        logger.error({ error: error.message }, 'no room for a new outbox; it is tried again');
        await this.#room.sleep(backoffMilliseconds(failures, roomBackoff, jitter));
      }
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.gateway.stop();
  }

  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
