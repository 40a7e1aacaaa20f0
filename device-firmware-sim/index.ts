/**
 * Three machines that exist only as firmware and physics, on real wires: a press on MQTT, a pump as a Modbus RTU slave
 * and an oven with frames of text, the last two on pseudo-terminals; and a player of recordings.
 *
 * Actors: `firmware` (the machines), `ports` (their wires), `scenarios` (what befalls them), `control` (a person at
 * another terminal), `replay`, `config`, and `main.ts`, the process.
 *
 * Invariants: it imports nothing of gateway or cloud, so that agreement on a wire is agreement of two programs; the
 * faults and boot counters of the machines outlive the process, and every start of the process is a boot of them.
 *
 * What may go wrong: no broker (the press keeps trying), no gateway at the serial lines (their bytes are lost).
 */
export { type Simulator, startSimulator } from './simulator.ts';
