import type { Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { ReconfigChunk } from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { DataReceiver } from './data-receiver.ts';
import type { DataSender } from './data-sender.ts';
import { type ReconfigurationRequest, ReconfigurationRequester } from './reconfiguration-requester.ts';
import { ReconfigurationResponder } from './reconfiguration-responder.ts';

/** Stream re-configuration (RFC 6525): our requests and the answers to the peer's. */
export class StreamReconfiguration {
  readonly #requester: ReconfigurationRequester;
  readonly #responder: ReconfigurationResponder;

  constructor(context: Context, sender: DataSender, receiver: DataReceiver, localInitialTsn: Tsn, peerInitialTsn: Tsn) {
    const lastPeerRequest = (): number => this.#responder.lastRequest;
    this.#requester = new ReconfigurationRequester(context, sender, receiver, localInitialTsn, lastPeerRequest);
    this.#responder = new ReconfigurationResponder(context, sender, receiver, this.#requester, peerInitialTsn);
  }

  /** Whether we want nothing of the peer. */
  get isIdle(): boolean {
    return this.#requester.isIdle;
  }

  /** @throws SctpError SCTP_ERR_NOT_SUPPORTED, SCTP_ERR_INVALID_ARGUMENT, SCTP_ERR_INVALID_STREAM */
  request(request: ReconfigurationRequest): void {
    this.#requester.request(request);
  }

  /** §5.2.1: "each parameter within it SHOULD be processed". */
  handleChunk(chunk: ReconfigChunk, now: Instant): void {
    for (const parameter of chunk.parameters) {
      if (parameter.kind === 'Re-configuration Response') this.#requester.handleResponse(parameter, now);
    }
    this.#responder.handleRequests(chunk);
  }

  /** To be called when a packet has been read. */
  handleProgress(): void {
    this.#responder.handleProgress();
  }

  /** To be called before packets are built: a request may go now. */
  pump(now: Instant): void {
    this.#requester.pump(now);
  }

  handleTimeout(now: Instant): boolean {
    return this.#requester.handleTimeout(now);
  }

  get nextTimeout(): Instant {
    return this.#requester.nextTimeout;
  }
}
