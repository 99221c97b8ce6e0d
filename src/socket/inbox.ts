import type { Association } from '../association/association.ts';
import { SctpError } from '../base/errors.ts';
import type { Driver } from '../driver/driver.ts';
import { PartialMessage } from '../streams/partial-message.ts';
import { IncomingMessage, type PieceSource } from './incoming-message.ts';
import type { SctpMessage } from './messages.ts';
import { Readers } from './readers.ts';
import type { SctpStream, StreamPort } from './sctp-stream.ts';

/** Who reads, beside the iterators. */
export interface InboxOwner {
  /** Whether every message of no stream of its own is handed over whole, as it comes. */
  hasListeners(): boolean;
  handOver(message: SctpMessage): void;
  /** How the association ended, undefined while it stands. */
  end(): { readonly error?: SctpError | undefined } | undefined;
}

/** What has arrived, and its readers: each message goes to one of them. */
export class Inbox {
  readonly #core: Association;
  readonly #driver: Driver;
  readonly #owner: InboxOwner;
  readonly #messages: Readers<SctpMessage>;
  readonly #incoming: Readers<IncomingMessage>;
  readonly #streams = new Map<number, SctpStream>();
  /** The readers of messages that still arrive. */
  readonly #arriving = new Map<PartialMessage, () => void>();
  #isPumping = false;

  constructor(core: Association, driver: Driver, owner: InboxOwner) {
    this.#core = core;
    this.#driver = driver;
    this.#owner = owner;
    const end = (): { readonly error?: SctpError | undefined } | undefined => owner.end();
    this.#messages = new Readers({ take: () => (owner.hasListeners() ? undefined : this.#takeWhole()), end });
    this.#incoming = new Readers({
      take: () => (owner.hasListeners() ? undefined : this.#takeIncoming()),
      end,
      handleIterators: () => this.handleReaders(),
    });
  }

  /** Whole messages. */
  messages(): AsyncIterableIterator<SctpMessage, undefined> {
    return this.#messages.iterate();
  }

  /** Messages that may still arrive while they are read. */
  incomingMessages(): AsyncIterableIterator<IncomingMessage, undefined> {
    return this.#incoming.iterate();
  }

  /** Makes one stream an object. Throws SctpError `SCTP_ERR_INVALID_ARGUMENT`. */
  open(streamId: number, create: (port: StreamPort) => SctpStream): SctpStream {
    if (this.#streams.has(streamId)) {
      throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `stream ${streamId} is an object already`);
    }
    this.#core.separateStream(streamId);
    this.#driver.schedule();
    const stream = create({
      take: () => this.#taken(this.#core.receivePartly(this.#driver.now(), streamId)),
      pieces: (message, wake) => this.#pieces(message, wake),
      end: () => this.#owner.end(),
      leave: () => this.#leave(streamId, stream),
    });
    this.#streams.set(streamId, stream);
    return stream;
  }

  /** Somebody begins to read, or has stopped. */
  handleReaders(): void {
    const isWanted = this.#incoming.isOpen && !this.#owner.hasListeners();
    if (this.#core.partialDelivery === isWanted) return;
    this.#core.partialDelivery = isWanted;
    this.#driver.schedule();
  }

  /** More of a message has arrived, or no more will. */
  handlePartialDelivery(message: PartialMessage): void {
    this.#arriving.get(message)?.();
  }

  /** Hands over what has arrived, as far as somebody wants it. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.handleReaders();
    while (this.#owner.hasListeners()) {
      const message = this.#takeWhole();
      if (message === undefined) break;
      this.#owner.handOver(message);
    }
    this.#isPumping = false;
    this.#messages.wake();
    this.#incoming.wake();
    for (const stream of this.#streams.values()) stream.wake();
  }

  /** The association has ended: readers get what is left, and the end. */
  handleEnd(): void {
    this.pump();
    for (const wake of this.#arriving.values()) wake();
  }

  #takeWhole(): SctpMessage | undefined {
    return this.#taken(this.#core.receive(this.#driver.now()));
  }

  #takeIncoming(): IncomingMessage | undefined {
    const received = this.#taken(this.#core.receivePartly(this.#driver.now()));
    if (received === undefined || received === 'reset') return undefined;
    if (!(received instanceof PartialMessage)) return new IncomingMessage(received, wholeSource(received), () => {});
    let wake = (): void => {};
    const source = this.#pieces(received, () => wake());
    return new IncomingMessage(received, source, (wakeReader) => {
      wake = wakeReader;
    });
  }

  /** The bytes of a message that may still arrive. */
  #pieces(message: PartialMessage, wake: () => void): PieceSource {
    this.#arriving.set(message, wake);
    let isDiscarded = false;
    return {
      take: () => (isDiscarded ? undefined : this.#taken(this.#core.read(message, this.#driver.now()))),
      end: () => {
        const end = isDiscarded ? {} : this.#endOf(message);
        if (end !== undefined) this.#arriving.delete(message);
        return end;
      },
      discard: () => {
        isDiscarded = true;
        this.#arriving.delete(message);
        this.#core.discard(message);
        this.#driver.schedule();
      },
    };
  }

  #endOf(message: PartialMessage): { readonly error?: SctpError | undefined } | undefined {
    if (message.state === 'complete') return {};
    if (message.state === 'arriving') return undefined;
    if (this.#core.state !== 'CLOSED') {
      return { error: new SctpError('SCTP_ERR_ABANDONED', 'the peer has given up the rest of the message') };
    }
    const end = this.#owner.end();
    return end && { error: end.error ?? new SctpError('SCTP_ERR_CLOSED') };
  }

  #leave(streamId: number, stream: SctpStream): void {
    if (this.#streams.get(streamId) !== stream) return;
    this.#streams.delete(streamId);
    this.#core.rejoinStream(streamId);
    this.#driver.schedule();
    queueMicrotask(() => this.pump());
  }

  /** The window has opened; the peer may have to be told. */
  #taken<T>(taken: T): T {
    if (taken !== undefined) this.#driver.scheduleSack();
    return taken;
  }
}

function wholeSource({ data }: SctpMessage): PieceSource {
  let rest: Uint8Array | undefined = data;
  return {
    take() {
      const taken = rest;
      rest = undefined;
      return taken;
    },
    end: () => (rest === undefined ? {} : undefined),
    discard() {
      rest = undefined;
    },
  };
}
