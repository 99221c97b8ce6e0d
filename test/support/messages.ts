import type { IncomingMessage, OutgoingMessage } from '../../src/simulation/index.ts';

/** What a message is like, apart from its bytes, which follow from its number. */
export interface MessagePlan {
  readonly length: number;
  readonly streamId: number;
  readonly unordered: boolean;
}

/** A message whose bytes tell its number and their own place, so that no two are alike and no piece can be misplaced. */
export function numberedMessage(number: number, { length, streamId, unordered }: MessagePlan): OutgoingMessage {
  return { data: pattern(number, length), streamId, unordered, ppid: number };
}

/** `length` bytes that depend on `number` and on their place. */
export function pattern(number: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = number * 31 + i + (i >>> 8) * 7;
  return data;
}

/** Messages of one length on one stream. */
export function messages(count: number, length: number, streamId = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, number) => numberedMessage(number, { length, streamId, unordered: false }));
}

/**
 * What is wrong with what was received of `sent`, in words; undefined when nothing is. Each message at most once, with
 * its own bytes, ordered ones as a prefix of their stream; if `isComplete`, all of them.
 */
export function flawIn(
  received: readonly IncomingMessage[],
  sent: readonly OutgoingMessage[],
  isComplete: boolean,
): string | undefined {
  const seen = new Set<number>();
  const nextInStream = new Map<number, number>();
  const numbersOfStream = new Map<number, number[]>();
  for (const { ppid = 0, streamId = 0, unordered = false } of sent) {
    if (unordered) continue;
    const numbers = numbersOfStream.get(streamId) ?? [];
    numbers.push(ppid);
    numbersOfStream.set(streamId, numbers);
  }
  for (const message of received) {
    const { ppid, streamId, unordered, data } = message;
    const original = sent[ppid];
    if (original === undefined) return `message ${ppid} was never sent`;
    if (seen.has(ppid)) return `message ${ppid} came twice`;
    seen.add(ppid);
    if (streamId !== (original.streamId ?? 0)) return `message ${ppid} came on stream ${streamId}`;
    if (unordered !== (original.unordered ?? false)) return `message ${ppid} came with another U bit`;
    if (Buffer.compare(data, original.data) !== 0) return `message ${ppid} came with other bytes`;
    if (unordered) continue;
    const place = nextInStream.get(streamId) ?? 0;
    const expected = numbersOfStream.get(streamId)?.[place];
    if (expected !== ppid) return `message ${ppid} came on stream ${streamId} where ${expected} was next`;
    nextInStream.set(streamId, place + 1);
  }
  if (isComplete && seen.size !== sent.length)
    return `${sent.length - seen.size} of ${sent.length} messages are missing`;
  return undefined;
}
