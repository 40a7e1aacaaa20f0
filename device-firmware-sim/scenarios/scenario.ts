import { readFileSync } from 'node:fs';
import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { parse, YAMLParseError } from 'yaml';

const at = Type.Number({ minimum: 0, maximum: 86_400, description: 'Seconds after the start.' });
const device = Type.String({ minLength: 1, maxLength: 63 });

/** What happens to which device, and when. */
export const Scenario = Type.Object(
  {
    /** Of the noise; the same seed makes the same noise. */
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
    steps: Type.Array(
      Type.Union([
        Type.Object(
          {
            at,
            device,
            fault: Type.String({ minLength: 1, maxLength: 63 }),
            /** Somebody on the floor repairs it so many seconds later, also over restarts of the simulator. */
            repairAfter: Type.Optional(Type.Number({ minimum: 0, maximum: 604_800 })),
          },
          { additionalProperties: false },
        ),
        Type.Object({ at, device, repair: Type.Literal(true) }, { additionalProperties: false }),
        Type.Object({ at, device, reboot: Type.Literal(true) }, { additionalProperties: false }),
      ]),
      { maxItems: 1000 },
    ),
  },
  { additionalProperties: false },
);
export type Scenario = Static<typeof Scenario>;

const scenarioSchema = Compile(Scenario);

/** The press can be talked out of its fault from afar, the pump cannot. */
export const story: Scenario = {
  steps: [
    { at: 6, device: 'press-1', fault: 'overheat' },
    { at: 12, device: 'pump-1', fault: 'bearing', repairAfter: 600 },
  ],
};

export const quiet: Scenario = { steps: [] };

/** `story`, `quiet`, or the path of a YAML or JSON file. */
export function loadScenario(name: string): Scenario {
  if (name === 'story') return story;
  if (name === 'quiet') return quiet;
  const scenario = parsed(name);
  if (scenarioSchema.Check(scenario)) return scenario;
  const [error] = scenarioSchema.Errors(scenario);
  throw refused(name, `${error?.instancePath || '/'} ${error?.message ?? 'is wrong'}`);
}

function parsed(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof YAMLParseError) throw refused(path, error.message);
    if (error instanceof Error && 'code' in error) throw refused(path, error.message);
    throw error;
  }
}

function refused(path: string, problem: string): AndonError {
  return new AndonError({
    code: 'simulator.scenario-refused',
    message: `The scenario ${path} cannot be used: ${problem}`,
    nextStep:
      'Use "story", "quiet", or a file such as {"steps": [{"at": 5, "device": "press-1", "fault": "overheat"}]}.',
    field: 'scenario',
  });
}
