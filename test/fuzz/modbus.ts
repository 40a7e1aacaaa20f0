import { encodeMbapRequest, MbapReader } from '../../gateway/connectors/modbus/mbap-framing.ts';
import { decodePdu, type Request } from '../../gateway/connectors/modbus/pdu.ts';
import { encodeRequest, ResponseReader, withChecksum } from '../../gateway/connectors/modbus/rtu-framing.ts';
import { type FuzzTarget, inPieces, must } from './target.ts';

const unitId = 7;
const requests: readonly Request[] = [
  { kind: 'read-registers', function: 3, address: 0, quantity: 3 },
  { kind: 'read-bits', function: 1, address: 0, quantity: 11 },
  { kind: 'write-register', address: 5, value: 500 },
  { kind: 'write-coils', address: 1, values: [true, false, true] },
];
const pdus = [
  [3, 6, 0, 1, 0xff, 0xfe, 0x12, 0x34],
  [1, 2, 0xff, 7],
  [6, 0, 5, 1, 0xf4],
  [15, 0, 1, 0, 3],
  [0x83, 2],
];

const rtuFrameBytesMax = 256;
const mbapFrameBytesMax = 260;

const rtu: FuzzTarget = {
  name: 'Modbus RTU',
  share: 1,
  samples: [
    ...pdus.map((pdu) => withChecksum([unitId, ...pdu])),
    ...requests.map((request) => encodeRequest(unitId, request)),
  ],
  feed(input, random) {
    const request = requests[Math.floor(random() * requests.length)];
    must(request !== undefined, 'a request was picked');
    if (request !== undefined) {
      const reader = new ResponseReader(unitId, request);
      for (const piece of inPieces(input, random)) {
        if (reader.push(piece) !== undefined) {
          break;
        }
        must(reader.bytesHeld <= rtuFrameBytesMax, 'the reader holds no more than a frame');
      }
    }
  },
};

const stream = new MbapReader();
const tcp: FuzzTarget = {
  name: 'Modbus TCP',
  share: 1,
  samples: [
    ...pdus.map((pdu, index) => Uint8Array.from([0, index, 0, 0, 0, pdu.length + 1, unitId, ...pdu])),
    ...requests.map((request, index) => encodeMbapRequest(index, unitId, request)),
  ],
  feed(input, random) {
    for (const piece of inPieces(input, random)) {
      for (const { pdu } of stream.push(piece)) {
        for (const request of requests) {
          decodePdu(request, pdu);
        }
      }
      must(stream.bytesHeld <= mbapFrameBytesMax, 'the reader holds no more than a frame');
    }
  },
};

export const modbusTargets: readonly FuzzTarget[] = [rtu, tcp];
