import fc from 'fast-check';
import { describe, it } from 'vitest';
import { Ledger } from '../../src/base/ledger.ts';
import { tsn } from '../../src/base/serial.ts';
import { DataReassembly } from '../../src/streams/data-reassembly.ts';
import { IDataReassembly } from '../../src/streams/i-data-reassembly.ts';
import { PartialMessage } from '../../src/streams/partial-message.ts';
import { ReceiveQueue } from '../../src/streams/receive-queue.ts';
import { assertProperty, propertyTimeoutMs } from '../support/fuzz.ts';

/** Whatever a peer may send, sensible or not; and what a reader may do. */
const small = fc.nat(3);
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('fragment' as const),
      at: fc.nat(40),
      streamId: fc.nat(1),
      unordered: fc.boolean(),
      beginning: fc.boolean(),
      ending: fc.boolean(),
      messageId: small,
      fsn: fc.nat(4),
      length: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('skip' as const), at: fc.nat(40), streamId: fc.nat(1), messageId: small }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renege' as const), at: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), streamId: fc.nat(1) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('press', 'toggle', 'lane', 'shift', 'take', 'take from lane', 'read', 'discard', 'restart'),
      at: fc.constant(0),
    }),
  },
);

describe('the accounts of the receive buffer', () => {
  it.each(['DATA', 'I-DATA'])(
    'are even when all is read, whatever comes and however it is read (%s)',
    (kind) => {
      const property = fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const ledger = new Ledger();
        const queue = new ReceiveQueue(ledger, 8);
        const reassembly = kind === 'DATA' ? new DataReassembly(queue) : new IDataReassembly(queue);
        const received = new Set<number>();
        const taken: PartialMessage[] = [];
        const keep = (message: unknown): void => {
          if (message instanceof PartialMessage) taken.push(message);
        };
        for (const each of steps) {
          switch (each.kind) {
            case 'fragment': {
              const { at, length, ...fragment } = each;
              if (received.has(at)) break;
              received.add(at);
              // A violation ends the association.
              if (reassembly.handleFragment(tsn(at), { ...fragment, ppid: 0, payload: new Uint8Array(length) })) return;
              break;
            }
            case 'skip':
              reassembly.handleForwardTsn(tsn(each.at), [{ ...each, unordered: false }]);
              break;
            case 'renege':
              reassembly.dropAfter(tsn(each.at), (dropped) => received.delete(dropped));
              break;
            case 'reset':
              reassembly.resetStreams([each.streamId]);
              queue.noteReset([each.streamId]);
              break;
            case 'press':
              reassembly.deliverPartly(true);
              break;
            case 'toggle':
              queue.partialDelivery = !queue.partialDelivery;
              break;
            case 'lane':
              if (queue.hasLane(1)) queue.closeLane(1);
              else queue.openLane(1);
              break;
            case 'shift':
              queue.shift();
              break;
            case 'take':
              keep(queue.take());
              break;
            case 'take from lane':
              keep(queue.take(1));
              break;
            case 'read':
              for (const message of taken) queue.read(message);
              break;
            case 'discard':
              for (const message of taken.splice(0, 1)) queue.discard(message);
              break;
            default:
              reassembly.restart();
              received.clear();
          }
          if (queue.heldBytes < 0 || queue.heldBytes !== ledger.bytes) throw new Error(`${queue.heldBytes} are held`);
        }
        reassembly.restart();
        if (queue.hasLane(1)) queue.closeLane(1);
        for (const message of taken) while (queue.read(message) !== undefined);
        while (queue.shift() !== undefined);
        if (queue.length > 0 || queue.isReadable || ledger.bytes !== 0) throw new Error(`${ledger.bytes} are left`);
      });
      assertProperty(property, 2_000);
    },
    propertyTimeoutMs,
  );
});
