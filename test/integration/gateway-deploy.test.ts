import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const deploy = new URL('../../gateway/deploy/', import.meta.url).pathname;
const repository = new URL('../../', import.meta.url).pathname;

test('What the image is made of exists, and it runs as nobody special', () => {
  const dockerfile = readFileSync(join(deploy, 'Dockerfile'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  );
  expect(copied).toContain('package-lock.json');
  expect(copied.filter((name) => !existsSync(join(repository, name)))).toEqual([]);
  expect(dockerfile).toMatch(/^USER andon-gateway$/m);
});

test('What the image runs is built from what the image copies, and runs', () => {
  const entry = /^ENTRYPOINT (.+)$/m.exec(readFileSync(join(deploy, 'Dockerfile'), 'utf8'))?.[1] ?? '[]';
  const [program] = JSON.parse(entry).slice(-1);
  const folder = temporaryFolder();
  for (const part of ['package.json', 'shared', 'gateway']) {
    const isBuilt = (path: string) => path.includes('/programs/built/');
    cpSync(join(repository, part), join(folder.path, part), {
      recursive: true,
      filter: (path) => !isBuilt(path),
    });
  }
  symlinkSync(join(repository, 'node_modules'), join(folder.path, 'node_modules'));
  execFileSync(process.execPath, ['shared/programs/build.ts', 'gateway'], { cwd: folder.path });
  const file = join(folder.path, 'gateway.yaml');
  writeFileSync(file, 'gateway: { id: edge-1 }\nmqttBroker: {}\n');
  const checked = execFileSync(process.execPath, [program, 'check', file], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  expect(checked).toContain('is good');
  folder.remove();
});

test('The status page of the image is reached from outside, unless the configuration says otherwise', async () => {
  const variables = /^ENV (.+)$/m.exec(readFileSync(join(deploy, 'Dockerfile'), 'utf8'))?.[1] ?? '';
  const host = /\bANDON_STATUS_HOST=(\S+)/.exec(variables)?.[1] ?? '';
  const folder = temporaryFolder();
  const file = join(folder.path, 'gateway.yaml');
  // Every 127.x.y.z is this machine's own: it stands for an address that is not the default one.
  const answersAt = async (statusPage: string, environment: Record<string, string>) => {
    writeFileSync(file, `gateway: { id: edge-1, dataDirectory: data }\nstatusPage: { ${statusPage} }\n`);
    const gateway = await GatewayProcess.start(file, environment);
    const answers = await Promise.all(
      ['127.0.0.1', '127.0.0.2'].map((address) =>
        fetch(`http://${address}:${gateway.ports.status}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    await gateway.stop();
    return answers;
  };
  expect(await answersAt('port: 0', {})).toEqual([true, false]);
  expect(await answersAt('port: 0', { ANDON_STATUS_HOST: host })).toEqual([true, true]);
  expect(await answersAt('host: 127.0.0.1, port: 0', { ANDON_STATUS_HOST: host })).toEqual([true, false]);
  folder.remove();
}, 60_000);

describeRequiring('the service', { 'systemd-analyze': hasProgram('systemd-analyze') }, () => {
  test('is a unit that systemd understands, and exposes little', () => {
    const folder = temporaryFolder();
    const unit = join(folder.path, 'andon-gateway.service');
    const text = readFileSync(join(deploy, 'andon-gateway.service'), 'utf8');
    writeFileSync(unit, text.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
    execFileSync('systemd-analyze', ['verify', unit], { stdio: 'pipe' });
    const judged = execFileSync('systemd-analyze', ['security', '--offline=true', unit], {
      encoding: 'utf8',
    });
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(judged)?.[1]);
    expect(exposure).toBeLessThan(3);
    folder.remove();
  });
});

describeRequiring(
  'the watchdog',
  { 'systemd-notify': hasProgram('systemd-notify'), socat: hasProgram('socat') },
  () => {
    test('hears that the gateway is ready, and then that it lives', async () => {
      const folder = temporaryFolder();
      const socket = join(folder.path, 'notify');
      const listener = spawn('socat', ['-u', `UNIX-RECV:${socket}`, '-'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let heard = '';
      listener.stdout.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
      });
      await eventually('the listener', () => existsSync(socket));
      const file = join(folder.path, 'gateway.yaml');
      writeFileSync(file, 'gateway: { id: edge-1, dataDirectory: data }\nstatusPage: { port: 0 }\n');
      const gateway = await GatewayProcess.start(file, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' });
      await eventually('readiness', () => heard.includes('READY=1'));
      await eventually('signs of life', () => heard.split('WATCHDOG=1').length > 2);
      expect(await gateway.stop()).toBe(0);
      listener.kill();
      folder.remove();
    });
  },
);
