import { describe, expect, it } from 'vitest';
import type { Association } from '../../../src/association/association.ts';
import { SctpError } from '../../../src/base/errors.ts';
import { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { seededEnvironment } from '../../../src/simulation/environment.ts';
import { establishedPair } from '../../support/pair.ts';

/** What no call takes for a number, an object, bytes, a name or a list. */
const nonsense: readonly unknown[] = [
  null,
  Number.NaN,
  -1,
  1.5,
  0x1_0000_0000,
  '1',
  'nonsense',
  true,
  () => 1,
  Symbol('s'),
];
const objects: readonly unknown[] = [{}, []];

type Call = (association: Association, value: never) => unknown;

/** Each call of the core with one argument that is wrong; and what that argument may be after all. */
const calls: readonly (readonly [name: string, call: Call, wrong: readonly unknown[]])[] = [
  ['send(request)', (a, v) => a.send(v, 0), [...nonsense, ...objects, undefined]],
  [
    'send data',
    (a, v) => a.send({ data: v }, 0),
    [...nonsense, ...objects, undefined, new Uint16Array(2), new ArrayBuffer(4)],
  ],
  ['send streamId', (a, v) => a.send({ data: new Uint8Array(1), streamId: v }, 0), [...nonsense, ...objects]],
  ['send ppid', (a, v) => a.send({ data: new Uint8Array(1), ppid: v }, 0), [...nonsense, ...objects]],
  [
    'send unordered',
    (a, v) => a.send({ data: new Uint8Array(1), unordered: v }, 0),
    [...nonsense.filter((n) => n !== true), ...objects],
  ],
  [
    'send lifetimeMs',
    (a, v) => a.send({ data: new Uint8Array(1), lifetimeMs: v }, 0),
    [...nonsense.filter((n) => !(typeof n === 'number' && n > 0)), ...objects],
  ],
  [
    'send maxRetransmits',
    (a, v) => a.send({ data: new Uint8Array(1), maxRetransmits: v }, 0),
    [...nonsense, ...objects],
  ],
  ['send priority', (a, v) => a.send({ data: new Uint8Array(1), priority: v }, 0), [...nonsense, ...objects]],
  ['beginMessage(request)', (a, v) => a.beginMessage(v, 0), [...nonsense, undefined]],
  ['append(message)', (a, v) => a.append(v, new Uint8Array(1)), [...nonsense, ...objects, undefined]],
  ['append data', (a, v) => a.append(a.beginMessage({}, 0), v), [...nonsense, ...objects, undefined]],
  ['append options', (a, v) => a.append(a.beginMessage({}, 0), new Uint8Array(1), v), nonsense],
  [
    'append endOfMessage',
    (a, v) => a.append(a.beginMessage({}, 0), new Uint8Array(1), { endOfMessage: v }),
    [...nonsense.filter((n) => n !== true), ...objects],
  ],
  ['abandon(message)', (a, v) => a.abandon(v), [...nonsense, ...objects, undefined]],
  [
    'partialDelivery',
    (a, v) => {
      a.partialDelivery = v;
    },
    [...nonsense.filter((n) => n !== true), ...objects, undefined],
  ],
  ['receivePartly streamId', (a, v) => a.receivePartly(0, v), [...nonsense, ...objects]],
  ['read(message)', (a, v) => a.read(v, 0), [...nonsense, ...objects, undefined]],
  ['discard(message)', (a, v) => a.discard(v), [...nonsense, ...objects, undefined]],
  ['separateStream', (a, v) => a.separateStream(v), [...nonsense, ...objects, undefined]],
  ['rejoinStream', (a, v) => a.rejoinStream(v), [...nonsense, ...objects, undefined]],
  ['setScheduler', (a, v) => a.setScheduler(v), [...nonsense, ...objects, undefined, { select: () => undefined }]],
  ['setStreamShare streamId', (a, v) => a.setStreamShare(v, {}), [...nonsense, ...objects, undefined]],
  ['setStreamShare share', (a, v) => a.setStreamShare(0, v), [...nonsense, undefined]],
  ['setStreamShare priority', (a, v) => a.setStreamShare(0, { priority: v }), [...nonsense, ...objects]],
  [
    'setStreamShare weight',
    (a, v) => a.setStreamShare(0, { weight: v }),
    [...nonsense.filter((n) => n !== 1.5), ...objects, 0],
  ],
  ['abandonedMessages', (a, v) => a.abandonedMessages(v), [...nonsense, ...objects, undefined]],
  [
    'reconfigure(request)',
    (a, v) => a.reconfigure(v),
    [...nonsense, ...objects, undefined, { kind: 'reset-outgoing', streamIds: [] }],
  ],
  [
    'reconfigure outgoing streamIds',
    (a, v) => a.reconfigure({ kind: 'reset outgoing streams', streamIds: v }),
    [...nonsense, {}, undefined],
  ],
  [
    'reconfigure incoming streamIds',
    (a, v) => a.reconfigure({ kind: 'reset incoming streams', streamIds: v }),
    [...nonsense, {}, undefined],
  ],
  [
    'reconfigure a streamId',
    (a, v) => a.reconfigure({ kind: 'reset incoming streams', streamIds: [0, v] }),
    [...nonsense, ...objects, undefined],
  ],
  [
    'reconfigure inResponseTo',
    (a, v) => a.reconfigure({ kind: 'reset outgoing streams', streamIds: [], inResponseTo: v }),
    [...nonsense, ...objects],
  ],
  [
    'reconfigure outgoing count',
    (a, v) => a.reconfigure({ kind: 'add outgoing streams', count: v }),
    [...nonsense, ...objects, undefined, 0, 65_536],
  ],
  [
    'reconfigure incoming count',
    (a, v) => a.reconfigure({ kind: 'add incoming streams', count: v }),
    [...nonsense, ...objects, undefined, 0, 65_536],
  ],
  [
    'reconfigurationPolicy',
    (a, v) => {
      a.reconfigurationPolicy = v;
    },
    [...nonsense, ...objects, undefined],
  ],
  ['abort reason', (a, v) => a.abort(v, 0), [...nonsense, ...objects]],
];

describe('an argument that a call does not take', () => {
  it.each(calls)('is refused at the call, with one clear error, and changes nothing: %s', (_name, call, wrong) => {
    for (const value of wrong) {
      const { network, association, a, z } = establishedPair();
      expect(() => call(association, value as never), String(value)).toThrow(SctpError);
      try {
        call(association, value as never);
      } catch (error) {
        const { code, message } = error as SctpError;
        expect(['SCTP_ERR_INVALID_ARGUMENT', 'SCTP_ERR_INVALID_STREAM', 'SCTP_ERR_MESSAGE_TOO_LARGE']).toContain(code);
        expect(message.length).toBeGreaterThan(10);
      }
      network.run({ forMs: 100 });
      expect([a.association.state, z.association.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    }
  });

  it.each([
    [{ addresses: [{ ip: 'host', udpPort: 1 }], port: 1 }],
    [{ addresses: [{ ip: 5, udpPort: 1 }], port: 1 }],
    [{ addresses: [{ ip: '10.0.0.1', udpPort: -1 }], port: 1 }],
    [{ addresses: [{ ip: '10.0.0.1' }], port: 1 }],
    [{ addresses: [], port: 1 }],
    [{ addresses: [{ ip: '10.0.0.1', udpPort: 1 }], port: 0 }],
  ])('connect to %j', (remote) => {
    const endpoint = new Endpoint({ port: 1 }, seededEnvironment(1));
    expect(() => endpoint.connect(remote as never, {}, 0)).toThrow(SctpError);
    expect(endpoint.associationCount).toBe(0);
  });
});

it('a reason to abort that is longer than a packet is cut to fit', () => {
  const { network, a, z } = establishedPair();
  a.abort(a.association, new Uint8Array(100_000).fill(0x61));
  network.run({ forMs: 100 });
  const ending = z.events.map(({ event }) => event).find((event) => event.kind === 'closed')!;
  expect(ending).toMatchObject({ ending: { error: { code: 'SCTP_ERR_ABORTED_BY_PEER' } } });
  const [cause] = ending.kind === 'closed' ? ending.ending.causes : [];
  expect(cause).toMatchObject({ kind: 'User-Initiated Abort' });
  expect(cause?.kind === 'User-Initiated Abort' && cause.reason.length).toBe(1_472 - 12 - 8);
});
