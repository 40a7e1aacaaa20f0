import { BootId, DeviceCommandResult, DeviceProperties } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { readJson } from '../payload-mapping/telemetry-payload.ts';

/** What a device says of itself on its status topic. Members that we do not know are left alone. */
const StatusPayload = Type.Object({
  connected: Type.Optional(Type.Boolean()),
  bootId: Type.Optional(BootId),
  firmware: Type.Optional(Type.String({ maxLength: 64 })),
  reported: Type.Optional(DeviceProperties),
});
/** A device has a hundred properties, and no books. */
const reportedLengthMax = 16_384;

const status = Compile(StatusPayload);
const result = Compile(DeviceCommandResult);

/** What a device says of itself. */
export interface ReportedStatus {
  readonly connected: boolean;
  readonly bootId?: string;
  readonly firmware?: string;
  readonly reported?: DeviceProperties;
}

interface Refusal {
  readonly refusal: string;
  readonly detail: string;
}

/** Reads `{connected, bootId, firmware, reported}`; absent `connected` means true, for it spoke. */
export function parseStatus(payload: Uint8Array): ReportedStatus | Refusal {
  const read = readJson(payload);
  if ('refusal' in read) {
    return read;
  }
  if (!status.Check(read.json)) {
    return { refusal: 'status-shape', detail: firstError(status.Errors(read.json)) };
  }
  const { connected, bootId, firmware, reported } = read.json;
  if (reported !== undefined && payload.length > reportedLengthMax) {
    return { refusal: 'reported-too-long', detail: `${payload.length} of ${reportedLengthMax} bytes` };
  }
  return {
    connected: connected ?? true,
    ...(bootId === undefined ? {} : { bootId }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(reported === undefined ? {} : { reported }),
  };
}

/** Reads what a device answers to a command. */
export function parseCommandResult(payload: Uint8Array): DeviceCommandResult | Refusal {
  const read = readJson(payload);
  if ('refusal' in read) {
    return read;
  }
  if (!result.Check(read.json)) {
    return { refusal: 'command-result-shape', detail: firstError(result.Errors(read.json)) };
  }
  return read.json;
}

function firstError(errors: readonly { readonly instancePath: string; readonly message: string }[]): string {
  const first = errors[0];
  return first === undefined ? 'wrong shape' : `${first.instancePath || '/'} ${first.message}`;
}
