import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { launcher } from '@andon/shared/programs';

/** A gateway in a process of its own, as `npm run gateway` starts it. */
export class GatewayProcess {
  readonly child: ChildProcess;
  /** What it has written to its log so far. */
  log = '';
  readonly exited: Promise<number | null>;
  ports: { status: number; mqtt: number | undefined } = { status: 0, mqtt: undefined };

  constructor(parameters: readonly string[], environment: Record<string, string> = {}) {
    this.child = fork(launcher, ['gateway', ...parameters], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...environment },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    // Its output is complete only when it has ended. ('close' does not come where the parent has disconnected.)
    const { child } = this;
    const ends = [child.stdout, child.stderr].map((stream) => stream && once(stream, 'end'));
    this.exited = Promise.all([once(child, 'exit'), ...ends]).then(() => child.exitCode);
  }

  /** Starts a gateway and waits until it says that it is ready. */
  static async start(
    configurationFile: string,
    environment: Record<string, string> = {},
  ): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(['--config', configurationFile], environment);
    const ready = once(gateway.child, 'message').then(([message]) => message);
    const message = await Promise.race([ready, gateway.exited.then(() => undefined)]);
    if (message?.type !== 'ready') {
      throw new Error(`the gateway did not start:\n${gateway.log}`);
    }
    gateway.ports = { status: message.status, mqtt: message.mqtt };
    return gateway;
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** As its supervisor would end it; gives the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return await this.exited;
  }

  async status(): Promise<unknown> {
    return await (await fetch(`http://127.0.0.1:${this.ports.status}/status.json`)).json();
  }
}
