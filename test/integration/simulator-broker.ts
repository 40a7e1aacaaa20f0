import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

/** A broker in a process of its own, to be killed: writes each publish to a file before it is acknowledged. */
const [port, ledger] = process.argv.slice(2);
if (!ledger) throw new Error('simulator-broker.ts PORT LEDGER');

const broker = await Aedes.createBroker({
  authenticate: (_client, username, password, done) =>
    done(null, username === 'press-9' && password?.toString() === 'right'),
  authorizePublish: (_client, packet, done) => {
    if (packet.topic.endsWith('/telemetry')) {
      const { ts, values } = JSON.parse(packet.payload.toString());
      const entry = {
        id: 'messageId' in packet ? packet.messageId : 0,
        dup: packet.dup,
        ts,
        value: values.temperature,
      };
      appendFileSync(ledger, `${JSON.stringify(entry)}\n`);
    }
    done(null);
  },
});
const server = createServer(broker.handle);
server.listen(Number(port), '127.0.0.1', () => process.send?.({ port: server.address() }));
