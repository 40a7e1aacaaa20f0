/**
 * The machines themselves, without wires.
 *
 * Actors: a plant (physics, sensors and diagnosis), the firmware around it (boots, boot id, faults) and a memory
 * that outlives the power. A port in `ports` gives a device its wire; a scenario or a person breaks and repairs it.
 *
 * States: running, or rebooting for a given time. A fault is absent or present in either.
 *
 * Invariants: every boot has a boot id of its own; the memory knows of a boot or a fault before anybody is told;
 * a fault that a reboot does not cure survives it; the same seed and clock give the same measurements.
 *
 * What may go wrong: the program is killed in a reboot. The next start is then the boot.
 */
export * from './device.ts';
export * from './oven.ts';
export * from './press.ts';
export * from './pump.ts';
export * from './random.ts';
