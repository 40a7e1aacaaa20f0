import type { AlertRecording, DeviceDefinition, Reading } from '@andon/shared/contracts';
import type {
  ActiveAlert,
  AlertEngine,
  Evaluation,
  RuleRequest,
  ShelvedRule,
  StoredAlertState,
} from './alert-engine-contract.ts';
import type { FlightRecorder } from './flight-recorder/index.ts';

/** An alert engine whose alerts come with what the device sent before them, and after. */
export class RecordingAlertEngine implements AlertEngine {
  readonly #engine: AlertEngine;
  readonly #recorder: FlightRecorder;
  /** The devices that can have alerts. */
  #ruled = new Set<string>();

  constructor(engine: AlertEngine, recorder: FlightRecorder) {
    this.#engine = engine;
    this.#recorder = recorder;
  }

  configure(devices: readonly DeviceDefinition[], now: number): Evaluation {
    this.#ruled = new Set(devices.filter(({ rules = [] }) => rules.length > 0).map(({ id }) => id));
    this.#recorder.keepOnly((deviceId) => this.#ruled.has(deviceId));
    return this.#withRecordings(this.#engine.configure(devices, now), now);
  }

  evaluate(readings: readonly Reading[], now: number): Evaluation {
    for (const reading of readings) {
      if (this.#ruled.has(reading.deviceId)) this.#recorder.note(reading);
    }
    return this.#withRecordings(this.#engine.evaluate(readings, now), now);
  }

  tick(now: number): Evaluation {
    const evaluation = this.#withRecordings(this.#engine.tick(now), now);
    const after = this.#recorder.due(now);
    return after.length === 0
      ? evaluation
      : { ...evaluation, recordings: [...evaluation.recordings, ...after] };
  }

  nextWake(): number | undefined {
    const wakeAt = Math.min(this.#engine.nextWake() ?? Infinity, this.#recorder.dueAt);
    return wakeAt === Infinity ? undefined : wakeAt;
  }

  active(): ActiveAlert[] {
    return this.#engine.active();
  }

  shelved(): ShelvedRule[] {
    return this.#engine.shelved();
  }

  ask(request: RuleRequest, now: number): Evaluation {
    return this.#withRecordings(this.#engine.ask(request, now), now);
  }

  reload(states: Iterable<StoredAlertState>): void {
    this.#engine.reload(states);
    const open = new Set(this.#engine.active().map(({ latest }) => latest.alertId));
    this.#recorder.forgetUnless((alertId) => open.has(alertId));
  }

  clockStepped(milliseconds: number): void {
    this.#engine.clockStepped(milliseconds);
    this.#recorder.clockStepped(milliseconds);
  }

  #withRecordings(evaluation: Evaluation, now: number): Evaluation {
    const raised = evaluation.transitions.filter(({ transition }) => transition === 'raised');
    if (raised.length === 0) return evaluation;
    const recordings = raised
      .map((alert) => this.#recorder.raised(alert, now))
      .filter((recording): recording is AlertRecording => recording !== undefined);
    return { ...evaluation, recordings };
  }
}
