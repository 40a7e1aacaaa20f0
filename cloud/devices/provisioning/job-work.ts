import { wordsOfPattern } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import pg from 'pg';
import { Compile } from 'typebox/compile';
import { inTransaction, type Transaction } from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { placeDevice } from '../placing.ts';
import { JobRow } from './job-schemas.ts';
import { lockNextRow, type WaitingRow, writeResult } from './job-store.ts';

const rowsPerRoundMax = 100;
const checkRow = Compile(JobRow);

/** Works at rows that wait, each in a transaction of its own; answers how many. */
export async function workOnRows(dependencies: Dependencies): Promise<number> {
  let done = 0;
  while (done < rowsPerRoundMax && (await workOnNext(dependencies))) {
    done += 1;
  }
  return done;
}

async function workOnNext(dependencies: Dependencies): Promise<boolean> {
  const { database } = dependencies.platform;
  let row: WaitingRow | undefined;
  try {
    return await inTransaction(database, async (transaction) => {
      row = await lockNextRow(transaction);
      if (row === undefined) {
        return false;
      }
      const deviceId = await registerRow(dependencies, transaction, row);
      await writeResult(transaction, row, { deviceId }, new Date(dependencies.platform.clock.now()));
      return true;
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (row === undefined || refusal === undefined) {
      throw error;
    }
    const failed = row;
    await inTransaction(database, async (transaction) => {
      // Another replica may have taken the row up meanwhile.
      const waiting = await lockNextRow(transaction);
      if (waiting?.job_id === failed.job_id && waiting.number === failed.number) {
        await writeResult(transaction, waiting, refusal, new Date(dependencies.platform.clock.now()));
      }
    });
    return true;
  }
}

/** Registers the row's device. Whatever it throws, nothing of the row remains. */
async function registerRow(
  dependencies: Dependencies,
  transaction: Transaction,
  { input, created_by: actor }: WaitingRow,
): Promise<string> {
  if (!checkRow.Check(input)) {
    throw invalidRow(input);
  }
  const {
    assetId,
    account,
    assetNumber,
    assetName,
    product,
    serialNumber,
    mqttPasswordSha256,
    ...registration
  } = input;
  const { deviceId, categoryId, name } = registration;
  if ((assetId === undefined) === (account === undefined)) {
    throw new AndonError({
      code: 'devices.row-asset-not-clear',
      message: 'A row names an asset, or the account for which one is made or looked up; not both.',
      nextStep: 'Fill in assetId, or account.',
      field: assetId === undefined ? 'assetId' : 'account',
      status: 422,
    });
  }
  const wanted = { account: account ?? '', assetNumber, product, serialNumber, categoryId };
  const asset =
    assetId ??
    (
      await dependencies.assets.takeAsset(
        transaction,
        { ...wanted, name: assetName ?? name ?? deviceId },
        actor,
      )
    ).id;
  await placeDevice(dependencies, transaction, {
    assetId: asset,
    registration,
    actor,
    passwordSha256: mqttPasswordSha256 ?? null,
  });
  return deviceId;
}

function invalidRow(input: unknown): AndonError {
  const [issue] = checkRow.Errors(input);
  const path = issue?.instancePath.split('/').slice(1) ?? [];
  if (issue?.keyword === 'required') {
    path.push(...issue.params.requiredProperties.slice(0, 1));
  } else if (issue?.keyword === 'additionalProperties') {
    path.push(...issue.params.additionalProperties.slice(0, 1));
  }
  const words = issue?.keyword === 'pattern' ? wordsOfPattern(issue.params.pattern) : undefined;
  return new AndonError({
    code: 'devices.row-invalid',
    message: `${path.join('.') || 'The row'} ${words ?? issue?.message ?? 'is not valid'}.`,
    nextStep: 'Correct the row, and send it in another job.',
    field: path.join('.'),
    status: 422,
  });
}

/** What is wrong with the row itself; undefined where it may be tried again as it is. */
function refusalOf(error: unknown): { code: string; field?: string; message: string } | undefined {
  if (error instanceof AndonError && (error.status ?? 500) < 500) {
    const { code, field, message, nextStep } = error;
    return { code, message: `${message} ${nextStep}`, ...(field === undefined ? {} : { field }) };
  }
  // Data that do not fit (class 22), and constraints that nobody foresaw (23): they would not fit next time either.
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '')
    ? { code: 'devices.row-does-not-fit', message: 'The database refused the row.' }
    : undefined;
}
