import sparkplug from 'sparkplug-payload';

const codec = sparkplug.get('spBv1.0');
if (codec === null) {
  throw new Error('the codec of Eclipse Tahu does not know Sparkplug B');
}
export const { encodePayload, decodePayload } = codec;
export type NodeMetric = NonNullable<Parameters<typeof encodePayload>[0]['metrics']>[number];

/** An edge node as Eclipse Tahu's codec writes its payloads. It numbers them; a test sends them. */
export class SparkplugNode {
  readonly group: string;
  readonly edgeNode: string;
  birthDeathSequence = 0;
  #sequence = 0;

  constructor(group: string, edgeNode: string) {
    this.group = group;
    this.edgeNode = edgeNode;
  }

  topic(type: string, device?: string): string {
    const topic = `spBv1.0/${this.group}/${type}/${this.edgeNode}`;
    return device === undefined ? topic : `${topic}/${device}`;
  }

  /** A payload with the next number; `birth` begins again at 0. */
  payload(metrics: readonly NodeMetric[], options: { timestamp?: number; birth?: boolean } = {}): Buffer {
    this.#sequence = options.birth === true ? 0 : (this.#sequence + 1) % 256;
    return Buffer.from(
      encodePayload({
        timestamp: options.timestamp ?? 1_777_888_800_000,
        seq: this.#sequence,
        metrics: [...metrics],
      }),
    );
  }

  nodeBirth(metrics: readonly NodeMetric[] = []): Buffer {
    return this.payload(
      [
        { name: 'bdSeq', type: 'UInt64', value: this.birthDeathSequence },
        { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
        ...metrics,
      ],
      { birth: true },
    );
  }

  nodeDeath(birthDeathSequence = this.birthDeathSequence): Buffer {
    return Buffer.from(
      encodePayload({
        timestamp: 1_777_888_800_000,
        metrics: [{ name: 'bdSeq', type: 'UInt64', value: birthDeathSequence }],
      }),
    );
  }

  /** Loses one message. */
  skip(): void {
    this.#sequence = (this.#sequence + 1) % 256;
  }
}
