import { describe, expect, it } from 'vitest';
import {
  isWorkerMessage,
  type PacketMessage,
  WorkerLink,
  type WorkerMessage,
} from '../../../src/socket/worker-link.ts';

const address = { ip: '10.0.0.1', udpPort: 9899 };

function packetMessage(length: number): PacketMessage {
  return { sctpWorkers: 'sctp', kind: 'packet', worker: 1, packet: 'A'.repeat(length), from: address, to: null };
}

/** Two ends, and what is under way between them. */
function pair() {
  const under: WorkerMessage[] = [];
  const back: WorkerMessage[] = [];
  const taken: PacketMessage[] = [];
  const one = new WorkerLink(
    'sctp',
    (message) => under.push(message),
    () => {},
  );
  const other = new WorkerLink(
    'sctp',
    (message) => back.push(message),
    (message) => taken.push(message),
  );
  return { one, other, under, back, taken };
}

describe('a link between workers', () => {
  it('lets 4 MiB wait, drops what comes then, and goes on when the other end has taken it', () => {
    const { one, other, under, back, taken } = pair();
    let sent = 0;
    while (one.send(packetMessage(65_280))) sent++;
    expect(sent).toBe(64);
    expect(one.send(packetMessage(65_280))).toBe(false);
    for (const message of under.splice(0)) other.handleMessage(message);
    expect(taken).toHaveLength(64);
    // Told now and then, not for each.
    expect(back).toHaveLength(16);
    for (const message of back.splice(0)) one.handleMessage(message);
    for (let n = 0; n < 64; n++) expect(one.send(packetMessage(65_280))).toBe(true);
    expect(one.send(packetMessage(1))).toBe(false);
  });

  it('counts small packets for more than their bytes', () => {
    const { one } = pair();
    let sent = 0;
    while (one.send(packetMessage(0))) sent++;
    expect(sent).toBe(16_384);
  });

  it('knows its own messages among those of the program', () => {
    expect(isWorkerMessage(packetMessage(1), 'sctp')).toBe(true);
    for (const other of [packetMessage(1), 'packet', 7, null, undefined, {}, { kind: 'packet' }]) {
      expect(isWorkerMessage(other, 'another')).toBe(false);
    }
  });
});
