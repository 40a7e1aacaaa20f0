import { AndonError, type Clock } from '@andon/shared/kernel';

/** What the surroundings are during one step of a plant. */
export interface PlantConditions {
  /** False while the firmware reboots: motors stand still, nothing is measured or diagnosed. */
  readonly running: boolean;
  readonly fault: string | undefined;
}

/** The physical machine with its sensors and its diagnosis. Pure but for its seeded noise. */
export interface Plant<Values> {
  advance(seconds: number, conditions: PlantConditions): void;
  /** What the sensors show now. */
  measure(): Values;
}

/** What a device keeps when its power is cut. */
export interface DeviceRecord {
  readonly boots: number;
  readonly fault?: {
    readonly name: string;
    /** Epoch milliseconds. */
    readonly since: number;
    /** When somebody on the floor will have repaired it; absent: never by itself. */
    readonly repairAt?: number;
  };
}

export interface DeviceMemory {
  read(): DeviceRecord | undefined;
  /** Durable when it returns. */
  write(record: DeviceRecord): void;
}

/** What may go wrong with a device, by name, and whether a reboot cures it. */
export type FaultCatalogue = Readonly<Record<string, { readonly curedByReboot: boolean }>>;

export interface DeviceOptions<Values> {
  readonly id: string;
  readonly firmware: string;
  readonly plant: Plant<Values>;
  readonly faults: FaultCatalogue;
  readonly memory: DeviceMemory;
  readonly clock: Clock;
  /** Gives the boot id of the n-th boot; never the same for two boots. */
  readonly bootId: (boots: number) => string;
  readonly rebootMilliseconds: number;
}

/** What a port is told of its device's power. */
export interface PowerListener {
  readonly wentDown: () => void;
  readonly booted: () => void;
}

/** Steps are cut to this, so that a fast process is not jumped over. */
const stepSecondsMax = 0.05;
/** After a pause of the whole program no more than this is caught up on. */
const catchUpSecondsMax = 5;

/** One machine: plant, firmware and memory. `advance` moves it to the clock's present. */
export class Device<Values> {
  readonly id: string;
  readonly firmware: string;
  readonly #options: DeviceOptions<Values>;
  readonly #listeners: PowerListener[] = [];
  #record: DeviceRecord;
  #bootId: string;
  #advancedTo: number;
  #upAt: number | undefined;

  /** Making it is its boot: the power has come on. */
  constructor(options: DeviceOptions<Values>) {
    this.id = options.id;
    this.firmware = options.firmware;
    this.#options = options;
    this.#record = options.memory.read() ?? { boots: 0 };
    this.#bootId = this.#countBoot();
    this.#advancedTo = options.clock.monotonic();
  }

  get running(): boolean {
    return this.#upAt === undefined;
  }

  get bootId(): string {
    return this.#bootId;
  }

  get boots(): number {
    return this.#record.boots;
  }

  get fault(): DeviceRecord['fault'] {
    return this.#record.fault;
  }

  get faultNames(): readonly string[] {
    return Object.keys(this.#options.faults);
  }

  listen(listener: PowerListener): void {
    this.#listeners.push(listener);
  }

  measure(): Values {
    return this.#options.plant.measure();
  }

  advance(): void {
    const now = this.#options.clock.monotonic();
    let seconds = Math.min(catchUpSecondsMax, Math.max(0, (now - this.#advancedTo) / 1000));
    this.#advancedTo = now;
    this.#repairWhenDue();
    while (seconds > 0) {
      const step = Math.min(stepSecondsMax, seconds);
      this.#options.plant.advance(step, { running: this.running, fault: this.#record.fault?.name });
      seconds -= step;
    }
    if (this.#upAt !== undefined && now >= this.#upAt) {
      this.#upAt = undefined;
      this.#bootId = this.#countBoot();
      for (const listener of this.#listeners) listener.booted();
    }
  }

  /** Goes down at once and comes back under a new boot id. While it is down a second reboot changes nothing. */
  reboot(): void {
    if (!this.running) return;
    this.#upAt = this.#options.clock.monotonic() + this.#options.rebootMilliseconds;
    const fault = this.#record.fault;
    if (fault && this.#options.faults[fault.name]?.curedByReboot) this.repair();
    for (const listener of this.#listeners) listener.wentDown();
  }

  /** Breaks it. A device has one fault at a time; a new one takes the place of the old. */
  inject(name: string, repairAfterMilliseconds?: number): void {
    if (!Object.hasOwn(this.#options.faults, name)) {
      throw new AndonError({
        code: 'simulator.unknown-fault',
        message: `${this.id} has no fault called "${name}".`,
        nextStep: `Choose one of: ${this.faultNames.join(', ')}.`,
        field: 'fault',
        status: 422,
      });
    }
    const since = this.#options.clock.now();
    const repair = repairAfterMilliseconds === undefined ? {} : { repairAt: since + repairAfterMilliseconds };
    this.#remember({ boots: this.#record.boots, fault: { name, since, ...repair } });
  }

  repair(): void {
    if (this.#record.fault) this.#remember({ boots: this.#record.boots });
  }

  #repairWhenDue(): void {
    const repairAt = this.#record.fault?.repairAt;
    if (repairAt !== undefined && this.#options.clock.now() >= repairAt) this.repair();
  }

  #countBoot(): string {
    this.#remember({ ...this.#record, boots: this.#record.boots + 1 });
    return this.#options.bootId(this.#record.boots);
  }

  #remember(record: DeviceRecord): void {
    this.#options.memory.write(record);
    this.#record = record;
  }
}
