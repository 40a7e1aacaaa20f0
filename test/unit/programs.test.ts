import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  gatewayEnvironment,
  gatewayNodeFlags,
  launcher,
  programFile,
  programSources,
  repository,
} from '../../shared/programs/built-programs.js';

const textOf = (path: string) => readFileSync(`${repository}${path}`, 'utf8');

test('the gateway is told the same about memory wherever it is started', () => {
  const flags = gatewayNodeFlags.join(' ');
  const environment = Object.entries(gatewayEnvironment).map(([name, value]) => `${name}=${value}`);
  expect(JSON.parse(textOf('package.json')).scripts.gateway).toContain(
    `${environment.join(' ')} exec node ${flags} `,
  );
  const unit = textOf('gateway/deploy/andon-gateway.service');
  expect(unit).toContain(` ${flags} `);
  const image = textOf('gateway/deploy/Dockerfile');
  expect(image).toContain(gatewayNodeFlags.map((flag) => `"${flag}"`).join(', '));
  for (const variable of environment) {
    expect(unit).toContain(`Environment=${variable}\n`);
    expect(image).toMatch(new RegExp(`^ENV .*\\b${variable}\\b`, 'm'));
  }
});

test('the launcher knows every program, and says which there are when it is given another', () => {
  for (const name of Object.keys(programSources)) {
    expect(programFile(name)).toMatch(/\.(js|ts)$/);
  }
  expect(programFile('toString')).toBeUndefined();
  const { status, stderr } = spawnSync(process.execPath, [launcher, 'toaster'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('one-machine, cloud, gateway, simulator');
});

test('a program that npm starts is told to stop when npm is: no shell stands between', () => {
  const { scripts } = JSON.parse(textOf('package.json'));
  for (const name of ['start', 'cloud', 'gateway', 'sim']) {
    expect(scripts[name]).toMatch(/^(\w+=\w+ )*exec node /);
  }
});
