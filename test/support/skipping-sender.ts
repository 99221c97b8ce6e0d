import { mid, ssn, type Tsn, tsn } from '../../src/base/serial.ts';
import type { Chunk, Fragment } from '../../src/chunks/index.ts';

export interface MessageSketch {
  readonly streamId: number;
  readonly unordered: boolean;
  /** Payload lengths of its fragments. */
  readonly pieces: readonly number[];
  /** Whether its sender gives it up. */
  readonly isGivenUp: boolean;
}

/** What is sent between two resets; a reset of all streams where none is named. */
export interface Era {
  readonly messages: readonly MessageSketch[];
  readonly resetStreams: readonly number[];
}

export interface SentFragment {
  readonly tsn: Tsn;
  readonly message: number;
  readonly era: number;
  readonly isGivenUp: boolean;
  readonly fragment: Fragment;
}

/** What a sound sender has put on the wire, TSN by TSN, from 1 on: the oracle for receivers of what is skipped and reset. */
export class SkippingSender {
  readonly fragments: SentFragment[] = [];
  readonly messages: MessageSketch[] = [];
  /** The last TSN of each era. */
  readonly lastTsns: number[] = [];
  readonly #eras: readonly Era[];
  readonly #interleaving: boolean;

  /** With interleaving, `luck` says whose fragment is next. */
  constructor(eras: readonly Era[], interleaving: boolean, luck: (bound: number) => number) {
    this.#eras = eras;
    this.#interleaving = interleaving;
    const numbers = new Map<string, number>();
    for (const [era, { messages, resetStreams }] of eras.entries()) {
      const queues = new Map<number, SentFragment[]>();
      for (const sketch of messages) {
        const key = `${sketch.streamId} ${sketch.unordered}`;
        const messageId = sketch.unordered && !interleaving ? 0 : (numbers.get(key) ?? 0);
        numbers.set(key, messageId + 1);
        const queue = queues.get(interleaving ? sketch.streamId : 0) ?? [];
        queues.set(interleaving ? sketch.streamId : 0, queue);
        queue.push(...this.#cut(sketch, messageId, era));
      }
      const waiting = [...queues.values()];
      while (waiting.length > 0) {
        const index = luck(waiting.length);
        const next = waiting[index]!.shift();
        if (next === undefined) waiting.splice(index, 1);
        else this.fragments.push({ ...next, tsn: tsn(this.fragments.length + 1) });
      }
      this.lastTsns.push(this.fragments.length);
      for (const key of numbers.keys()) {
        if (resetStreams.length === 0 || resetStreams.includes(Number.parseInt(key, 10))) numbers.delete(key);
      }
    }
  }

  #cut(sketch: MessageSketch, messageId: number, era: number): SentFragment[] {
    const { streamId, unordered, pieces, isGivenUp } = sketch;
    const message = this.messages.push(sketch) - 1;
    return pieces.map((length, i) => ({
      tsn: tsn(0),
      message,
      era,
      isGivenUp,
      fragment: {
        streamId,
        unordered,
        beginning: i === 0,
        ending: i === pieces.length - 1,
        messageId,
        fsn: this.#interleaving ? i : 0,
        ppid: message,
        payload: new Uint8Array(length).fill(message),
      },
    }));
  }

  /** Whether the streams of a fragment begin anew with its era: it must not come before the reset is known. */
  isBehindReset({ era, fragment }: SentFragment, reset: number): boolean {
    const { resetStreams } = this.#eras[reset]!;
    return era > reset && (resetStreams.length === 0 || resetStreams.includes(fragment.streamId));
  }

  resetStreamsOf(reset: number): readonly number[] {
    return this.#eras[reset]!.resetStreams;
  }

  chunk({ tsn, fragment }: SentFragment): Chunk {
    return { kind: this.#interleaving ? 'I-DATA' : 'DATA', tsn, immediateAck: false, fragment };
  }

  /** How far the point may move from `cumulativeTsn` on. */
  farthestPoint(cumulativeTsn: number): number {
    let point = cumulativeTsn;
    while (this.fragments[point]?.isGivenUp) point++;
    return point;
  }

  /** The chunk that skips what was given up from `from`, exclusively, to `point`. */
  forwardTsn(from: number, point: number): Chunk {
    const skipped = this.fragments.slice(from, point).map(({ fragment }) => fragment);
    const newCumulativeTsn = tsn(point);
    if (this.#interleaving) {
      const highest = new Map(skipped.map((each) => [`${each.streamId} ${each.unordered}`, each]));
      const streams = Array.from(highest.values(), ({ streamId, unordered, messageId }) => ({
        streamId,
        unordered,
        mid: mid(messageId),
      }));
      return { kind: 'I-FORWARD-TSN', newCumulativeTsn, streams };
    }
    const ordered = skipped.filter(({ unordered }) => !unordered);
    const highest = new Map(ordered.map(({ streamId, messageId }) => [streamId, ssn(messageId)]));
    const streams = Array.from(highest, ([streamId, number]) => ({ streamId, ssn: number }));
    return { kind: 'FORWARD-TSN', newCumulativeTsn, streams };
  }
}
