import { asciiBytes } from '../base/bytes.ts';
import type { Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { Parameter, ReconfigChunk } from '../chunks/index.ts';
import type { Context } from './context.ts';
import type { DataReceiver } from './data-receiver.ts';
import type { DataSender } from './data-sender.ts';
import type { Path } from './path.ts';
import { type ReconfigurationRequest, ReconfigurationRequester } from './reconfiguration-requester.ts';
import { ReconfigurationResponder } from './reconfiguration-responder.ts';

/** RFC 6525 §3.1: "at most two parameters", and what may stand beside what, in either order. */
const companions: ReadonlyMap<Parameter['kind'], readonly Parameter['kind'][]> = new Map<
  Parameter['kind'],
  readonly Parameter['kind'][]
>([
  ['Outgoing SSN Reset Request', ['Incoming SSN Reset Request', 'Re-configuration Response']],
  ['Incoming SSN Reset Request', ['Outgoing SSN Reset Request']],
  ['SSN/TSN Reset Request', []],
  ['Add Outgoing Streams Request', ['Add Incoming Streams Request']],
  ['Add Incoming Streams Request', ['Add Outgoing Streams Request']],
  ['Re-configuration Response', ['Re-configuration Response', 'Outgoing SSN Reset Request']],
]);

function isAllowed([first, second, ...others]: readonly Parameter[]): boolean {
  const allowed = first && companions.get(first.kind);
  if (allowed === undefined || others.length > 0) return false;
  return second === undefined || allowed.includes(second.kind);
}

/** The two sides of it. */
interface Exchange {
  readonly requester: ReconfigurationRequester;
  readonly responder: ReconfigurationResponder;
}

/** Stream re-configuration (RFC 6525): our requests and the answers to the peer's. Few associations ever need it. */
export class StreamReconfiguration {
  readonly #context: Context;
  readonly #sender: DataSender;
  readonly #receiver: DataReceiver;
  readonly #localInitialTsn: Tsn;
  readonly #peerInitialTsn: Tsn;
  /** Undefined until somebody asks for something. */
  #begun: Exchange | undefined;

  constructor(context: Context, sender: DataSender, receiver: DataReceiver, localInitialTsn: Tsn, peerInitialTsn: Tsn) {
    this.#context = context;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#localInitialTsn = localInitialTsn;
    this.#peerInitialTsn = peerInitialTsn;
  }

  /** Whether we want nothing of the peer. */
  get isIdle(): boolean {
    return this.#begun?.requester.isIdle ?? true;
  }

  /** @throws SctpError SCTP_ERR_NOT_SUPPORTED, SCTP_ERR_INVALID_ARGUMENT, SCTP_ERR_INVALID_STREAM */
  request(request: ReconfigurationRequest): void {
    this.#exchange.requester.request(request);
  }

  /** §5.2.1: "each parameter within it SHOULD be processed". */
  handleChunk(chunk: ReconfigChunk, path: Path, now: Instant): void {
    const { control, paths, metrics } = this.#context;
    if (!isAllowed(chunk.parameters)) {
      // §3.1: "If a sender transmits an unsupported combination, the receiver SHOULD send an ERROR chunk with a Protocol
      // Violation cause".
      metrics.unexpectedChunks++;
      const information = asciiBytes('a combination of parameters that RE-CONFIG does not have');
      control.respond({ kind: 'ERROR', causes: [{ kind: 'Protocol Violation', information }] }, paths.forReplyTo(path));
      return;
    }
    const { requester, responder } = this.#exchange;
    for (const parameter of chunk.parameters) {
      if (parameter.kind === 'Re-configuration Response') requester.handleResponse(parameter, now);
    }
    responder.handleRequests(chunk);
  }

  /** To be called when a packet has been read. */
  handleProgress(): void {
    this.#begun?.responder.handleProgress();
  }

  /** To be called before packets are built: a request may go now. */
  pump(now: Instant): void {
    this.#begun?.requester.pump(now);
  }

  handleTimeout(now: Instant): boolean {
    return this.#begun?.requester.handleTimeout(now) ?? true;
  }

  get nextTimeout(): Instant {
    return this.#begun?.requester.nextTimeout ?? Number.POSITIVE_INFINITY;
  }

  get #exchange(): Exchange {
    this.#begun ??= this.#begin();
    return this.#begun;
  }

  #begin(): Exchange {
    const [context, sender, receiver] = [this.#context, this.#sender, this.#receiver];
    const lastPeerRequest = (): number => responder.lastRequest;
    const requester = new ReconfigurationRequester(context, sender, receiver, this.#localInitialTsn, lastPeerRequest);
    const responder = new ReconfigurationResponder(context, sender, receiver, requester, this.#peerInitialTsn);
    return { requester, responder };
  }
}
