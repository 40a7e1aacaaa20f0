import { parseArgs } from 'node:util';
import type { GatewayConfiguration, ModbusRtuConnector, ModbusTcpConnector } from '@andon/shared/contracts';
import { ConfigurationError } from '@andon/shared/gateway-configuration';
import { AndonError, jitter, systemClock } from '@andon/shared/kernel';
import { loadConfiguration } from '../config/index.ts';
import { listen, listenReport, planReport } from '../connectors/modbus/bus-doctor/index.ts';
import { type Program, UsageError } from './program.ts';

type ModbusSettings = ModbusRtuConnector | ModbusTcpConnector;

const listenSecondsMax = 86_400;

/** Judges the poll plans of a configuration, and measures the buses where it is asked to. */
export const busDoctor: Program = {
  name: 'bus-doctor',
  parameters: '--config FILE [--connector NAME] [--listen SECONDS]',
  title: 'does the poll plan fit on its bus, and how well does the bus do?',
  async run(parameters) {
    const { config, connector, listenSeconds } = optionsOf(parameters);
    const buses = busesOf(configurationOf(config), connector);
    const unfit: string[] = [];
    for (const bus of buses) {
      const plan = planReport(bus);
      process.stdout.write(`${plan.lines.join('\n')}\n`);
      const listened =
        listenSeconds === undefined || !plan.fits ? plan : await listenTo(bus, listenSeconds * 1000);
      if (!listened.fits) {
        unfit.push(bus.name);
      }
    }
    if (unfit.length > 0) {
      throw new AndonError({
        code: 'bus-doctor.unfit',
        message: `Not well: ${unfit.join(', ')}. The lines above say why.`,
        nextStep: 'Poll less often, raise the baud rate, let gaps be read over, or mend the line.',
      });
    }
  },
};

async function listenTo(bus: ModbusSettings, milliseconds: number) {
  const interrupted = new Promise((resolve) => process.once('SIGINT', resolve));
  const heard = await listen(bus, milliseconds, { clock: systemClock, jitter }, interrupted);
  const report = listenReport(heard);
  process.stdout.write(`${report.lines.join('\n')}\n`);
  return report;
}

function optionsOf(parameters: readonly string[]) {
  const { values } = parsed(parameters);
  const listenSeconds = values.listen === undefined ? undefined : Number(values.listen);
  const listens = listenSeconds === undefined || (listenSeconds > 0 && listenSeconds <= listenSecondsMax);
  if (values.config === undefined || !listens) {
    throw new UsageError();
  }
  return { config: values.config, connector: values.connector, listenSeconds };
}

function parsed(parameters: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...parameters], options: { config: text, connector: text, listen: text } });
  } catch (error) {
    throw new UsageError(undefined, { cause: error });
  }
}

/** A plan that does not fit is a mistake of the configuration; here it is shown, not only told. */
function configurationOf(file: string): GatewayConfiguration {
  try {
    return loadConfiguration(file).configuration;
  } catch (error) {
    if (error instanceof ConfigurationError && error.configuration !== undefined) {
      process.stderr.write(`${error.message}\n`);
      return error.configuration;
    }
    throw error;
  }
}

function busesOf(configuration: GatewayConfiguration, name: string | undefined): ModbusSettings[] {
  const buses = (configuration.connectors ?? [])
    .filter((connector) => connector.type === 'modbus-rtu' || connector.type === 'modbus-tcp')
    .filter((connector) => name === undefined || connector.name === name);
  if (buses.length === 0) {
    throw new AndonError({
      code: 'bus-doctor.no-bus',
      message: `The configuration has no Modbus connector${name === undefined ? '' : ` ${name}`}.`,
      nextStep: 'Name one of the type modbus-rtu or modbus-tcp.',
    });
  }
  return buses;
}
