import type { SctpAssociation, SctpMessage, SendOptions } from '../../../src/index.ts';
import type { Gate } from '../../support/gate.ts';
import { messageSize, type Pattern, patternMessage, patternMessages } from '../usrsctp/pattern.ts';

/**
 * Sends a pattern, each message in the same way and once it has passed `gate`; the last of each stream reliably, as it tells
 * that the stream is through.
 */
export async function sendPattern(
  association: SctpAssociation,
  pattern: Pattern,
  { maxRetransmits, lifetimeMs, ...options }: Omit<SendOptions, 'streamId' | 'ppid'> = {},
  gate?: Gate,
): Promise<void> {
  let index = 0;
  for (const { data, streamId, ppid } of patternMessages(pattern)) {
    const isLast = ++index > pattern.messages - pattern.streams;
    const reliability = isLast ? {} : { maxRetransmits, lifetimeMs };
    await gate?.pass(data.length);
    await association.send(data, { ...options, ...reliability, streamId, ppid });
  }
}

/** Reads until a pattern is complete; each message passes `gate`. */
export async function receivePattern(
  association: SctpAssociation,
  pattern: Pattern,
  manner: { readonly unordered?: boolean; readonly partial?: boolean } = {},
  gate?: Gate,
): Promise<Arrivals> {
  const arrivals = new Arrivals(pattern, manner);
  for await (const message of association) {
    await gate?.pass(message.data.length);
    arrivals.take(message);
    if (arrivals.isComplete) return arrivals;
  }
  throw new Error(`the peer closed after ${arrivals.received} of ${pattern.messages} messages`);
}

/** Compares what arrives with a pattern of which the order may differ, or some may be missing but the last of each stream. */
export class Arrivals {
  readonly #pattern: Pattern;
  readonly #isUnordered: boolean;
  readonly #isPartial: boolean;
  readonly #seen: Uint8Array;
  /** For each stream the first message that may still come. */
  readonly #firstOpen: number[];
  #received = 0;
  #streamsDone = 0;

  constructor(
    pattern: Pattern,
    { unordered = false, partial = false }: { readonly unordered?: boolean; readonly partial?: boolean },
  ) {
    this.#pattern = pattern;
    this.#isUnordered = unordered;
    this.#isPartial = partial;
    this.#seen = new Uint8Array(pattern.messages + pattern.streams);
    this.#firstOpen = new Array<number>(pattern.streams).fill(0);
  }

  get received(): number {
    return this.#received;
  }

  get isComplete(): boolean {
    const { messages, streams } = this.#pattern;
    return this.#isPartial ? this.#streamsDone === streams : this.#received === messages;
  }

  /** @throws Error when `message` is none that may come now. */
  take(message: SctpMessage): void {
    const { streams } = this.#pattern;
    const { streamId } = message;
    const sequence = this.#find(message);
    if (sequence === undefined || message.unordered !== this.#isUnordered) {
      const what = `${message.data.length} bytes, ppid ${message.ppid}`;
      throw new Error(`stream ${streamId} has other content behind ${this.#firstOpen[streamId]} messages: ${what}`);
    }
    this.#seen[sequence * streams + streamId] = 1;
    this.#received++;
    if (!this.#isUnordered) this.#firstOpen[streamId] = sequence + 1;
    while (this.#seen[this.#firstOpen[streamId]! * streams + streamId] === 1) this.#firstOpen[streamId]!++;
    if (sequence + 1 === this.#messagesOn(streamId)) this.#streamsDone++;
  }

  #find({ streamId, ppid, data }: SctpMessage): number | undefined {
    const pattern = this.#pattern;
    if (streamId >= pattern.streams) return undefined;
    const end = this.#messagesOn(streamId);
    for (let sequence = this.#firstOpen[streamId]!; sequence < end; sequence++) {
      const isOpen = this.#seen[sequence * pattern.streams + streamId] === 0;
      if (isOpen && messageSize(pattern, streamId, sequence) === data.length) {
        const expected = patternMessage(pattern, streamId, sequence);
        if (expected.ppid === ppid && Buffer.compare(expected.data, data) === 0) return sequence;
      }
      if (!this.#isUnordered && !this.#isPartial) return undefined;
    }
    return undefined;
  }

  #messagesOn(streamId: number): number {
    return Math.floor((this.#pattern.messages + this.#pattern.streams - 1 - streamId) / this.#pattern.streams);
  }
}
