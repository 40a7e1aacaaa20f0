/**
 * Where the simulator's settings come from: flags, then the environment, then the connections file of the data folder
 * (written by whoever registered the devices, readable by its owner only), then defaults for one machine.
 */
export { Connections, connectionsFileIn, readConnections } from './connections.ts';
export {
  type ControlSettings,
  type ReplaySettings,
  type RunSettings,
  readSettings,
  type Settings,
  usage,
} from './settings.ts';
