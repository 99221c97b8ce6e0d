import { describe, expect, it } from 'vitest';
import { ControlQueue } from '../../../src/association/control-queue.ts';
import { type Chunk, chunkLength } from '../../../src/chunks/index.ts';
import { createContext } from './rooms.ts';

const path = createContext(['10.0.0.1']).paths.primary;

function heartbeatAck(length: number): Chunk {
  return { kind: 'HEARTBEAT ACK', value: new Uint8Array(length) };
}

function kinds(queue: ControlQueue): string[] {
  const kinds: string[] = [];
  for (let queued = queue.shift(); queued !== undefined; queued = queue.shift()) kinds.push(queued.chunk.kind);
  return kinds;
}

describe('ControlQueue', () => {
  it('sends chunks in the order in which they came', () => {
    const queue = new ControlQueue();
    queue.push({ kind: 'SHUTDOWN ACK' }, path);
    queue.push(heartbeatAck(8), path);
    expect([queue.isEmpty, queue.peek()?.chunk.kind, queue.peek()?.path]).toEqual([false, 'SHUTDOWN ACK', path]);
    expect(kinds(queue)).toEqual(['SHUTDOWN ACK', 'HEARTBEAT ACK']);
    expect(queue.isEmpty).toBe(true);
  });

  it('COOKIE ACK: "it MUST be the first chunk in the packet" (RFC 9260 §5.1 D)', () => {
    const queue = new ControlQueue();
    queue.push(heartbeatAck(8), path);
    queue.pushFirst({ kind: 'COOKIE ACK' }, path);
    expect(kinds(queue)).toEqual(['COOKIE ACK', 'HEARTBEAT ACK']);
  });

  it('may keep one of a kind', () => {
    const queue = new ControlQueue();
    for (let i = 0; i < 3; i++) queue.pushOnce({ kind: 'SHUTDOWN ACK' }, path);
    expect(kinds(queue)).toEqual(['SHUTDOWN ACK']);
  });

  it('has a bound, however much a peer makes us say', () => {
    const queue = new ControlQueue();
    for (let i = 0; i < 1_000; i++) queue.push(heartbeatAck(8), path);
    expect(kinds(queue)).toHaveLength(64);
  });

  it('"MUST NOT send more than one packet containing chunks other than DATA chunks" in response (RFC 9260 §12.4)', () => {
    const queue = new ControlQueue();
    for (let i = 0; i < 10; i++) queue.respond(heartbeatAck(400), path);
    let length = 0;
    for (let queued = queue.shift(); queued !== undefined; queued = queue.shift()) length += chunkLength(queued.chunk);
    expect(length).toBeGreaterThan(800);
    expect(length).toBeLessThanOrEqual(path.pmdcs);
  });

  it('answers the first chunk whatever its size, and measures anew once it is empty', () => {
    const queue = new ControlQueue();
    queue.respond(heartbeatAck(path.pmdcs - 4), path);
    queue.respond(heartbeatAck(8), path);
    expect(kinds(queue)).toHaveLength(1);
    queue.respond(heartbeatAck(8), path);
    queue.respond(heartbeatAck(8), path);
    expect(kinds(queue)).toHaveLength(2);
    queue.pushFirst(heartbeatAck(path.pmdcs - 4), path);
    queue.clear();
    queue.respond(heartbeatAck(400), path);
    queue.respond(heartbeatAck(400), path);
    expect(kinds(queue)).toHaveLength(2);
  });
});
