import { expect, it } from 'vitest';
import { tsn } from '../../../src/base/serial.ts';
import { type Chunk, encodePacket, padChunk } from '../../../src/chunks/index.ts';
import { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { seededEnvironment } from '../../../src/simulation/index.ts';
import { brokenRule } from '../../support/packet-rules.ts';

const packet = (...chunks: Chunk[]) =>
  encodePacket({ sourcePort: 5000, destinationPort: 5001, verificationTag: 1 }, chunks);

function data(number: number, length = 4, kind: 'DATA' | 'I-DATA' = 'DATA'): Chunk {
  const payload = new Uint8Array(length);
  const place = { streamId: 0, unordered: false, beginning: true, ending: true, messageId: 0, fsn: 0, ppid: 0 };
  return { kind, tsn: tsn(number), immediateAck: false, fragment: { ...place, payload } };
}

const sack: Chunk = { kind: 'SACK', cumulativeTsnAck: tsn(1), aRwnd: 9_000, gapAckBlocks: [], duplicateTsns: [] };
const abort: Chunk = { kind: 'ABORT', tagReflected: false, causes: [] };
const complete: Chunk = { kind: 'SHUTDOWN COMPLETE', tagReflected: false };

it.each([
  ['control chunks before DATA', packet(padChunk(8), sack, data(1), data(2)), undefined],
  ['TSNs that wrap', packet(data(0xffff_ffff), data(0)), undefined],
  ['SHUTDOWN COMPLETE alone', packet(complete), undefined],
  ['PAD behind DATA', packet(data(1), padChunk(8)), 'a chunk of type 132 behind DATA'],
  ['a SACK chunk between DATA', packet(data(1), sack, data(2)), 'a chunk of type 3 behind DATA'],
  ['a SACK chunk behind I-DATA', packet(data(1, 4, 'I-DATA'), sack), 'a chunk of type 3 behind DATA'],
  ['DATA twice', packet(data(1), data(1)), 'DATA out of order'],
  ['DATA in disorder', packet(data(2), data(1)), 'DATA out of order'],
  ['DATA without data', packet(data(1, 0)), 'DATA without data'],
  ['SHUTDOWN COMPLETE with company', packet(sack, complete), 'a chunk that must be alone is not'],
  ['ABORT with DATA', packet(abort, data(1)), 'DATA beside the end'],
  ['ABORT before others', packet(abort, sack), 'a chunk behind ABORT'],
  ['a packet that is cut', packet(sack, data(1)).slice(0, -2), 'its last chunk is not whole'],
  ['a packet without chunks', packet(), 'no chunk'],
])('the check of every packet that a test sends: %s', (_, bytes, expected) => {
  expect(brokenRule(bytes)).toBe(expected);
});

it('is made wherever an endpoint of ours is polled', () => {
  const environment = seededEnvironment(1);
  const endpoint = new Endpoint({ port: 5000 }, environment);
  const to = { ip: '10.0.0.2', udpPort: 9899 };
  endpoint.connect({ addresses: [to], port: 5001 }, {}, 0);
  const { packet: init } = endpoint.pollTransmit(0)!;
  expect(brokenRule(init)).toBeUndefined();
  const broken = { poll: () => ({ packet: packet(data(1), padChunk(8)), to, from: undefined }) };
  const association = endpoint.connect({ addresses: [to], port: 5002 }, {}, 0);
  Object.assign(association, { pollTransmit: broken.poll });
  expect(() => endpoint.pollTransmit(0)).toThrow('a chunk of type 132 behind DATA');
});
