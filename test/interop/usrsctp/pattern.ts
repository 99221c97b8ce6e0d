/**
 * The messages of the interoperability tests, the same as in pattern.h: size, payload protocol identifier and content
 * follow from (seed, stream, sequence number on the stream), so that no header is needed and one byte can be verified.
 */
export interface Pattern {
  readonly seed: number;
  /** How many messages in all, dealt out to the streams in turn. */
  readonly messages: number;
  readonly streams: number;
  /** In bytes, both ends included. */
  readonly minSize: number;
  readonly maxSize: number;
}

export interface PatternMessage {
  readonly data: Uint8Array;
  readonly streamId: number;
  readonly ppid: number;
}

/** 10,000 messages of 1 byte to 256 KiB on 16 streams, about 43 MB: with the echo, 85 MB on the wire. */
export const fullPattern: Pattern = { seed: 1, messages: 10_000, streams: 16, minSize: 1, maxSize: 262_144 };

function mix(x: number): number {
  let mixed = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function messageKey(pattern: Pattern, streamId: number, sequence: number): number {
  return mix(mix(mix(pattern.seed) ^ streamId) ^ sequence);
}

/** Mostly small: the smaller of two powers of two bounds the size, but for one of 64, which may have any size. */
export function messageSize(pattern: Pattern, streamId: number, sequence: number): number {
  const { minSize, maxSize } = pattern;
  if (sequence === 0) return streamId % 2 === 0 ? minSize : maxSize;
  const key = messageKey(pattern, streamId, sequence);
  const offset = mix(key + 1) % (maxSize - minSize + 1);
  if (key % 64 === 0) return minSize + offset;
  const exponent = Math.min((key >>> 8) % 19, (key >>> 16) % 19);
  return minSize + (offset & ((1 << exponent) - 1));
}

export function patternMessage(pattern: Pattern, streamId: number, sequence: number): PatternMessage {
  const key = messageKey(pattern, streamId, sequence);
  const data = new Uint8Array(messageSize(pattern, streamId, sequence));
  let word = key | 1;
  for (let i = 0; i < data.length; i++) {
    if (i % 4 === 0) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
    }
    data[i] = word >>> (8 * (i % 4));
  }
  return { data, streamId, ppid: mix(key + 2) };
}

/** All messages in the order of sending. */
export function* patternMessages(pattern: Pattern): Generator<PatternMessage, undefined> {
  for (let i = 0; i < pattern.messages; i++) {
    yield patternMessage(pattern, i % pattern.streams, Math.floor(i / pattern.streams));
  }
}

/** Compares what arrives with the pattern, and stops at the first difference: content, order or number. */
export class PatternCheck {
  readonly #pattern: Pattern;
  readonly #nextSequence: number[];
  #received = 0;
  #bytes = 0;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.#nextSequence = new Array<number>(pattern.streams).fill(0);
  }

  get received(): number {
    return this.#received;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isComplete(): boolean {
    return this.#received === this.#pattern.messages;
  }

  /** @throws Error when `message` is not the next one of its stream. */
  take(message: PatternMessage): void {
    const { streamId, ppid, data } = message;
    const sequence = this.#nextSequence[streamId];
    if (sequence === undefined) throw new Error(`a message on stream ${streamId}, which was never used`);
    const expected = patternMessage(this.#pattern, streamId, sequence);
    const where = `message ${sequence} of stream ${streamId}`;
    if (this.isComplete) throw new Error(`${where} is one too many`);
    if (data.length !== expected.data.length) {
      throw new Error(`${where} has ${data.length} bytes instead of ${expected.data.length}`);
    }
    if (ppid !== expected.ppid) throw new Error(`${where} has ppid ${ppid} instead of ${expected.ppid}`);
    if (Buffer.compare(data, expected.data) !== 0) throw new Error(`${where} has other content`);
    this.#nextSequence[streamId] = sequence + 1;
    this.#received++;
    this.#bytes += data.length;
  }
}
