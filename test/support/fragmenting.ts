import { OutgoingMessage } from '../../src/streams/message.ts';
import { createScheduler } from '../../src/streams/schedulers.ts';
import { SendQueue } from '../../src/streams/send-queue.ts';
import type { SchedulerName, StreamScheduler } from '../../src/streams/stream-scheduler.ts';
import { nextLength } from './next-length.ts';

/** What a sender cuts of its messages: `streamId` and payload length. */
export interface Cut {
  readonly streamId: number;
  readonly length: number;
  readonly messageId: number;
  readonly ending: boolean;
}

/** A send queue whose fragments go out in packets of one size, without windows or a peer. */
export class Fragmenting {
  readonly queue: SendQueue;
  readonly abandoned: OutgoingMessage[] = [];
  readonly maxPayload: number;
  now = 0;

  constructor(scheduler: SchedulerName | StreamScheduler, isInterleaving = true, maxPayload = 1_000) {
    const chosen = typeof scheduler === 'string' ? createScheduler(scheduler) : scheduler;
    this.queue = new SendQueue(chosen, (message) => this.abandoned.push(message));
    this.queue.isInterleaving = isInterleaving;
    this.maxPayload = maxPayload;
  }

  add(streamId: number, length: number, lifetimeMs = Number.POSITIVE_INFINITY): this {
    const policy = { expiresAt: this.now + lifetimeMs, maxRetransmits: Number.POSITIVE_INFINITY, priority: undefined };
    const message = { data: new Uint8Array(length), streamId, ppid: 0, unordered: false };
    this.queue.enqueue(new OutgoingMessage(message, false, policy));
    return this;
  }

  share(streamId: number, { priority = 0, weight = 1 }: { priority?: number; weight?: number }): this {
    const stream = this.queue.stream(streamId);
    stream.priority = priority;
    stream.weight = weight;
    this.queue.reschedule(stream);
    return this;
  }

  /** The next so many packets, at most: each as the fragments in it. */
  packets(count = Number.POSITIVE_INFINITY): Cut[][] {
    const packets: Cut[][] = [];
    while (packets.length < count) {
      const packet: Cut[] = [];
      let room = this.maxPayload;
      for (;;) {
        const length = nextLength(this.queue, room, this.maxPayload, this.now);
        if (length === 0) break;
        const { streamId, payload, messageId, ending } = this.queue.takeFragment(length);
        packet.push({ streamId, length: payload.length, messageId, ending });
        room -= payload.length;
      }
      this.queue.handlePacketEnd();
      if (packet.length === 0) return packets;
      packets.push(packet);
    }
    return packets;
  }

  /** The streams of the next so many packets, fragment by fragment. */
  streams(count = Number.POSITIVE_INFINITY): number[] {
    return this.packets(count)
      .flat()
      .map(({ streamId }) => streamId);
  }

  /** The bytes that each stream gets in the next so many packets. */
  shares(count: number): Map<number, number> {
    const shares = new Map<number, number>();
    for (const { streamId, length } of this.packets(count).flat()) {
      shares.set(streamId, (shares.get(streamId) ?? 0) + length);
    }
    return shares;
  }
}
