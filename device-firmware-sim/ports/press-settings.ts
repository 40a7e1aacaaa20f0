/** What of the press can be set from afar. */
export interface PressSettings {
  /** How often it tells its values, in seconds. */
  readonly reportInterval: number;
}

export const pressSettingsAtFirst: PressSettings = { reportInterval: 0.5 };

const intervalSeconds = { least: 0.1, most: 3600 };

/**
 * What a message on the press's desired topic, `{"version": 3, "properties": {"reportInterval": 2}}`, makes of its settings. A
 * firmware knows its own properties, and leaves others, and values that it cannot do, alone.
 */
export function settingsFrom(payload: Uint8Array, before: PressSettings): PressSettings {
  const properties = propertiesIn(new TextDecoder().decode(payload));
  const wanted = properties?.get('reportInterval');
  const isPossible =
    typeof wanted === 'number' && wanted >= intervalSeconds.least && wanted <= intervalSeconds.most;
  return isPossible ? { ...before, reportInterval: wanted } : before;
}

function propertiesIn(text: string): Map<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const isMessage = typeof message === 'object' && message !== null && 'properties' in message;
    return isMessage ? new Map(Object.entries(Object(message.properties))) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
