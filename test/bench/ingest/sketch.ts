/**
 * The sketch that the gateway is compared with: what one would write first. aedes, `authorizePublish`, `JSON.parse`, one
 * rule with a deadband, and an HTTP request for each alert. It keeps nothing: an acknowledgement promises nothing.
 */
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const [sinkPort] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const active = new Map<string, boolean>();

function post(alert: object): void {
  const sent = request({
    host: '127.0.0.1',
    port: sinkPort,
    path: '/alert',
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json' },
  });
  sent.on('response', (response) => response.resume());
  sent.on('error', (error) => process.stderr.write(`${error.message}\n`));
  sent.end(JSON.stringify(alert));
}

function judge(topic: string, payload: { ts: number; values: { temperature: number } }): void {
  const { temperature } = payload.values;
  const isActive = active.get(topic) === true;
  if (!isActive && temperature >= 95) {
    active.set(topic, true);
    post({ topic, ts: payload.ts, temperature });
  } else if (isActive && temperature < 93) {
    active.set(topic, false);
  }
}

const aedes = await Aedes.createBroker({
  authorizePublish: (client, packet, done) => {
    // aedes announces its clients by itself, in other words.
    if (client !== null) {
      judge(packet.topic, JSON.parse(packet.payload.toString()));
    }
    done(null);
  },
});
const server = createServer({ noDelay: true }, aedes.handle);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ type: 'ready', mqtt: typeof address === 'object' && address ? address.port : 0 });
});
