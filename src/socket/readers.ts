import type { SctpError } from '../base/errors.ts';
import { Ring } from '../base/ring.ts';

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Where readers take from. */
export interface Source<Item> {
  /** The next item, undefined while there is none. */
  take(): Item | undefined;
  /** Whether no item will come any more, and the error if that is not how it should have ended. */
  end(): { readonly error?: SctpError | undefined } | undefined;
  /** Told when an iterator comes or goes. */
  handleIterators?(): void;
}

interface Waiting<Item> {
  readonly reader: Reader<Item>;
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: SctpError): void;
}

/**
 * The async iterators over one source. Nothing is taken before somebody waits for it; what several iterators wait for
 * goes to the one that has waited longest, and each item to one of them.
 */
export class Readers<Item> {
  readonly #source: Source<Item>;
  readonly #waiting = new Ring<Waiting<Item>>();
  #iterators = 0;

  constructor(source: Source<Item>) {
    this.#source = source;
  }

  /** A new iterator. `break`ing out of its loop ends the iterator and nothing else. */
  iterate(): AsyncIterableIterator<Item, undefined> {
    this.#iterators++;
    this.#source.handleIterators?.();
    return new Reader(this);
  }

  /** Whether somebody iterates. */
  get isOpen(): boolean {
    return this.#iterators > 0;
  }

  /** To be called when items may have come, or the end. */
  wake(): void {
    for (let first = this.#waiting.peek(); first !== undefined; first = this.#waiting.peek()) {
      if (!first.reader.isDone) {
        const value = this.#source.take();
        const end = this.#source.end();
        if (value !== undefined) first.resolve({ done: false, value });
        else if (end !== undefined) this.#finish(first, end.error);
        else return;
      } else first.resolve(done);
      this.#waiting.shift();
    }
  }

  next(reader: Reader<Item>): Promise<IteratorResult<Item, undefined>> {
    const value = this.#waiting.length === 0 ? this.#source.take() : undefined;
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ reader, resolve, reject });
      this.wake();
    });
  }

  /** Ends an iterator, and lets every `next` of it return. */
  dismiss(reader: Reader<Item>): void {
    this.#end(reader);
    for (const waiting of this.#waiting) if (waiting.reader === reader) waiting.resolve(done);
    this.wake();
  }

  /** An iterator fails once; asked again it is at its end, as a generator would be. */
  #finish({ reader, resolve, reject }: Waiting<Item>, error: SctpError | undefined): void {
    this.#end(reader);
    if (error === undefined) resolve(done);
    else reject(error);
  }

  #end(reader: Reader<Item>): void {
    if (reader.isDone) return;
    reader.isDone = true;
    this.#iterators--;
    this.#source.handleIterators?.();
  }
}

class Reader<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #readers: Readers<Item>;
  isDone = false;

  constructor(readers: Readers<Item>) {
    this.#readers = readers;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.isDone) return Promise.resolve(done);
    return this.#readers.next(this);
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#readers.dismiss(this);
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined> {
    return this;
  }
}
