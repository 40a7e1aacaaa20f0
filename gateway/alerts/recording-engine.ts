import { AlertRecording, type DeviceDefinition, type Reading } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';
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

  /** Stored parts of alerts after which the gateway was killed. */
  #cutOff: readonly StoredAlertState[];

  constructor(engine: AlertEngine, recorder: FlightRecorder, cutOff: readonly StoredAlertState[]) {
    this.#engine = engine;
    this.#recorder = recorder;
    this.#cutOff = cutOff;
  }

  configure(devices: readonly DeviceDefinition[], now: number): Evaluation {
    this.#ruled = new Set(devices.filter(({ rules = [] }) => rules.length > 0).map(({ id }) => id));
    this.#recorder.keepOnly((deviceId) => this.#ruled.has(deviceId));
    const cutOff = this.#cutOff;
    this.#cutOff = [];
    const configured = this.#withRecordings(this.#engine.configure(devices, now), now);
    if (cutOff.length === 0) return configured;
    const recordings = cutOff.map(({ state }) => readRecording(state)).filter(isThere);
    return {
      ...configured,
      recordings: [...configured.recordings, ...recordings],
      states: [...configured.states, ...cutOff.map(({ key }) => ({ key, state: null }))],
    };
  }

  evaluate(readings: readonly Reading[], now: number): Evaluation {
    for (const reading of readings) {
      if (this.#ruled.has(reading.deviceId)) this.#recorder.note(reading);
    }
    return this.#withRecordings(this.#engine.evaluate(readings, now), now);
  }

  tick(now: number): Evaluation {
    // Before the rules: what is owed of an alert that this very tick raises is not taken out with it.
    const finished = this.#recorder.due(now);
    const parts = this.#recorder.toSave(now);
    const evaluation = this.#withRecordings(this.#engine.tick(now), now);
    if (finished.length + parts.length === 0) return evaluation;
    return {
      ...evaluation,
      recordings: [...evaluation.recordings, ...finished.map(({ recording }) => recording).filter(isThere)],
      states: [
        ...evaluation.states,
        ...finished.map((part) => ({ key: recordingKey(part), state: null })),
        ...parts.map(savedPart),
      ],
    };
  }

  nextWake(): number | undefined {
    const wakeAt = Math.min(this.#engine.nextWake() ?? Infinity, this.#recorder.dueAt, this.#recorder.saveAt);
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

  clockStepped(milliseconds: number): void {
    this.#engine.clockStepped(milliseconds);
    this.#recorder.clockStepped(milliseconds);
  }

  #withRecordings(evaluation: Evaluation, now: number): Evaluation {
    const raised = evaluation.transitions.filter(({ transition }) => transition === 'raised');
    if (raised.length === 0) return evaluation;
    const parts = raised.flatMap((alert) => this.#recorder.raised(alert, now));
    return { ...evaluation, states: [...evaluation.states, ...parts.map(savedPart)] };
  }
}

/**
 * What of a recording is not whole yet lies among the states. No rule has such a key. That of the part after is as
 * it always was.
 */
const recordingPrefix = 'recording:';
const recordingKey = ({ alertId, part }: Pick<AlertRecording, 'alertId' | 'part'>): string =>
  `${recordingPrefix}${alertId}${part === 'after' ? '' : `:${part}`}`;

/** Is it a part of a recording, and not the state of a rule? */
export const isRecording = ({ key }: StoredAlertState): boolean => key.startsWith(recordingPrefix);

const savedPart = (part: AlertRecording): StoredAlertState => ({
  key: recordingKey(part),
  state: JSON.stringify(part),
});

const recordingSchema = Compile(AlertRecording);

/** Undefined for what another version wrote, which is of no use any more. */
function readRecording(json: string): AlertRecording | undefined {
  const stored: unknown = JSON.parse(json);
  return recordingSchema.Check(stored) ? stored : undefined;
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;
