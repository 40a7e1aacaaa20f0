const namespace = 'spBv1.0';
const nodeTypes = ['NBIRTH', 'NDEATH', 'NDATA'] as const;
const deviceTypes = ['DBIRTH', 'DDEATH', 'DDATA'] as const;

export type SparkplugMessageType = (typeof nodeTypes)[number] | (typeof deviceTypes)[number];

/** Where an edge node spoke (Sparkplug 3.0, 4). */
export interface SparkplugTopic {
  readonly group: string;
  readonly type: SparkplugMessageType;
  readonly edgeNode: string;
  /** Absent where the node speaks for itself. */
  readonly device?: string;
}

/** Undefined where the topic is not one on which edge nodes speak. */
export function parseTopic(topic: string): SparkplugTopic | undefined {
  const parts = topic.split('/');
  const [first, group, type, edgeNode, device] = parts;
  if (first !== namespace || !group || !edgeNode) {
    return undefined;
  }
  const ofNode = nodeTypes.find((candidate) => candidate === type);
  if (ofNode !== undefined) {
    return parts.length === 4 ? { group, type: ofNode, edgeNode } : undefined;
  }
  const ofDevice = deviceTypes.find((candidate) => candidate === type);
  return ofDevice !== undefined && parts.length === 5 && device
    ? { group, type: ofDevice, edgeNode, device }
    : undefined;
}

interface NodeAddress {
  readonly group: string;
  readonly edgeNode: string;
}

/** What a host subscribes to, to hear a node and its devices. */
export function filtersOf({ group, edgeNode }: NodeAddress): string[] {
  return [
    ...nodeTypes.map((type) => `${namespace}/${group}/${type}/${edgeNode}`),
    ...deviceTypes.map((type) => `${namespace}/${group}/${type}/${edgeNode}/+`),
  ];
}

export function commandTopic({ group, edgeNode }: NodeAddress, device: string | undefined): string {
  return device === undefined
    ? `${namespace}/${group}/NCMD/${edgeNode}`
    : `${namespace}/${group}/DCMD/${edgeNode}/${device}`;
}

/** May a node subscribe to this, to hear its commands? */
export function isCommandFilter({ group, edgeNode }: NodeAddress, filter: string): boolean {
  const ofNode = `${namespace}/${group}/NCMD/${edgeNode}`;
  const ofDevices = `${namespace}/${group}/DCMD/${edgeNode}`;
  if (filter === ofNode || filter === `${ofNode}/#` || filter === `${ofDevices}/#`) {
    return true;
  }
  const device = filter.startsWith(`${ofDevices}/`) ? filter.slice(ofDevices.length + 1) : '';
  return device === '+' || (device !== '' && !/[+#/]/.test(device));
}

/** Where a host says whether it is there (Sparkplug 3.0, 4.3). */
export const stateTopic = (hostId: string): string => `${namespace}/STATE/${hostId}`;

export const statePayload = (online: boolean, now: number): string =>
  JSON.stringify({ online, timestamp: now });
