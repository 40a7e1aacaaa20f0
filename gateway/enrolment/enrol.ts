import { existsSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Slug } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { loadConfiguration } from '../config/index.ts';
import { type HttpAnswer, HttpServer, readTlsFiles, type TlsFiles } from '../uplink/index.ts';
import { keyCharactersMax, openKeyPlace } from './key-file.ts';
import { startingConfiguration } from './starting-configuration.ts';

const answerMilliseconds = 20_000;
const keyFileName = 'gateway.key';

const checkEnrolled = Compile(
  Type.Object({
    id: Slug,
    name: Type.String(),
    key: Type.String({ minLength: 1, maxLength: keyCharactersMax }),
  }),
);
const checkProblem = Compile(Type.Object({ title: Type.String(), nextStep: Type.Optional(Type.String()) }));

export interface Enrolment {
  readonly url: string;
  readonly code: string;
  readonly configurationFile: string;
  /** Where a configuration is here already, those that it names. */
  readonly tlsFiles: TlsFiles;
}

export interface Enrolled {
  readonly gatewayId: string;
  readonly keyFile: string;
  /** A starting configuration was written; otherwise there was one. */
  readonly configurationWritten: boolean;
  /** The key was used already; otherwise the cloud was away by then, and hears of it when the gateway connects. */
  readonly cloudKnows: boolean;
}

/**
 * Turns the code into a key, and writes it down with whatever is needed to start.
 * @throws AndonError `enrolment.…` with what to do; where the code was not used, it says so
 */
export async function enrol({ url, code, configurationFile, tlsFiles }: Enrolment): Promise<Enrolled> {
  const file = resolve(configurationFile);
  const present = existsSync(file) ? presentGateway(file) : undefined;
  const keyFile = present?.keyFile ?? resolve(dirname(file), keyFileName);
  const cloud = await cloudAt(url, present?.tlsFiles ?? tlsFiles);
  const place = openKeyPlace(keyFile);
  let enrolled: { readonly id: string; readonly key: string };
  try {
    enrolled = await useCode(cloud, code);
  } catch (error) {
    place.giveUp();
    throw error;
  }
  if (present !== undefined && present.gatewayId !== enrolled.id) {
    const beside = `${keyFile}.${enrolled.id}`;
    place.write(enrolled.key, beside);
    throw new AndonError({
      code: 'enrolment.another-gateway',
      message: `The code is one of the gateway ${enrolled.id}, and ${file} is the configuration of ${present.gatewayId}.`,
      nextStep: `The key of ${present.gatewayId} is untouched; that of ${enrolled.id} is in ${beside}. Take it to where ${enrolled.id} runs, or enrol again with a code of ${present.gatewayId}.`,
    });
  }
  place.write(enrolled.key, keyFile);
  const written = present === undefined;
  if (written) {
    const settings = {
      gatewayId: enrolled.id,
      cloud: { url, keyFile: relative(dirname(file), keyFile), ...relativeTo(dirname(file), tlsFiles) },
    };
    writeFileSync(file, startingConfiguration(settings), { flag: 'wx', mode: 0o640 });
  }
  const cloudKnows = await useKey(cloud, enrolled.key);
  return { gatewayId: enrolled.id, keyFile, configurationWritten: written, cloudKnows };
}

/** The cloud that the code is taken to. */
interface EnrollingCloud {
  readonly url: string;
  readonly http: HttpServer;
}

async function cloudAt(url: string, tlsFiles: TlsFiles): Promise<EnrollingCloud> {
  return { url, http: new HttpServer(url, await readTlsFiles(tlsFiles)) };
}

function relativeTo(folder: string, files: TlsFiles): TlsFiles {
  return Object.fromEntries(
    Object.entries(files).map(([key, path]) => [key, relative(folder, resolve(path))]),
  );
}

function presentGateway(file: string): { gatewayId: string; keyFile: string; tlsFiles: TlsFiles } {
  const { configuration, cloud } = loadConfiguration(file);
  if (cloud === undefined) {
    throw new AndonError({
      code: 'enrolment.no-cloud-in-configuration',
      message: `The configuration ${file} names no cloud.`,
      nextStep: 'Add cloud: { url: …, keyFile: … } to it; the code was not used.',
    });
  }
  return { gatewayId: configuration.gateway.id, keyFile: cloud.keyFile, tlsFiles: cloud };
}

async function useCode(cloud: EnrollingCloud, code: string): Promise<{ id: string; key: string }> {
  const answer = await reach(cloud, {
    path: '/v1/gateway-enrolments',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  const body = await bodyOf(answer);
  if (isGood(answer) && checkEnrolled.Check(body)) {
    return body;
  }
  throw new AndonError({
    code: 'enrolment.refused',
    message: checkProblem.Check(body)
      ? body.title
      : `The server at ${cloud.url} answered ${answer.status}, and is no Andon cloud.`,
    nextStep: (checkProblem.Check(body) ? body.nextStep : undefined) ?? 'Look at the address that was given.',
  });
}

/**
 * From now on the cloud knows that the new key has arrived, and the one before it ends. False where the cloud is away:
 * the key is as good, and the gateway uses it by itself.
 */
async function useKey(cloud: EnrollingCloud, key: string): Promise<boolean> {
  const answer = await reachOrNot(cloud, {
    path: '/v1/gateway/identity',
    method: 'GET',
    headers: { authorization: `Bearer ${key}` },
  });
  answer?.cancel();
  if (answer?.status === 401 || answer?.status === 403) {
    throw new AndonError({
      code: 'enrolment.key-not-taken',
      message: `The key was written, and the cloud answered ${answer.status} to it.`,
      nextStep: 'Ask an administrator whether it was revoked meanwhile.',
    });
  }
  return answer !== undefined && isGood(answer);
}

const isGood = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

type Question = Omit<Parameters<HttpServer['send']>[0], 'signal'>;

async function reachOrNot(cloud: EnrollingCloud, question: Question): Promise<HttpAnswer | undefined> {
  try {
    return await reach(cloud, question);
  } catch (error) {
    if (error instanceof AndonError && error.code === 'enrolment.cloud-unreachable') {
      return undefined;
    }
    throw error;
  }
}

async function bodyOf(answer: HttpAnswer): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

async function reach({ url, http }: EnrollingCloud, question: Question): Promise<HttpAnswer> {
  try {
    return await http.send({ ...question, signal: AbortSignal.timeout(answerMilliseconds) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new AndonError({
      code: 'enrolment.cloud-unreachable',
      message: `${url} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      nextStep: 'Look at the address and the line. If the code turns out to be used, make another one.',
      cause: error,
    });
  }
}
