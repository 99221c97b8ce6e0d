import { recognize } from '../association/capabilities.ts';
import type { AssociationEnvironment } from '../association/context.ts';
import { staleCookieError } from '../association/collision.ts';
import { answerInit, objectionTo } from '../association/init.ts';
import type { AssociationOptions } from '../association/options.ts';
import type { StateCookie } from '../association/state-cookie.ts';
import type { NetAddress } from '../base/address.ts';
import { tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { Chunk, CookieEchoChunk, InitChunk, Packet } from '../chunks/index.ts';
import { Admission, type EndpointLimits } from './admission.ts';
import type { EndpointCounters } from './counters.ts';
import type { OutOfTheBlueReply } from './out-of-the-blue.ts';

/**
 * What a listening endpoint says to those who are not its associations yet. It keeps nothing of them: RFC 9260 §5.1 B,
 * "MUST NOT allocate any resources or keep any states for the new association".
 */
export class Listener {
  readonly #options: AssociationOptions;
  readonly #environment: AssociationEnvironment;
  readonly #counters: EndpointCounters;
  readonly #admission: Admission;

  /** @throws SctpError SCTP_ERR_INVALID_ARGUMENT */
  constructor(
    options: AssociationOptions,
    environment: AssociationEnvironment,
    counters: EndpointCounters,
    limits: Partial<EndpointLimits>,
  ) {
    this.#options = options;
    this.#environment = environment;
    this.#counters = counters;
    this.#admission = new Admission(limits, environment.ledger);
  }

  /** Whether buffers hold more than they may. */
  get isPressed(): boolean {
    return this.#admission.isPressed;
  }

  /** Whether an INIT chunk is looked at, or ignored because there are too many. */
  takesInit(now: Instant): boolean {
    const isTaken = this.#admission.takesInit(now);
    if (!isTaken) this.#counters.initsRefused++;
    return isTaken;
  }

  /**
   * The answer to an INIT chunk, undefined for none.
   * @param ports ours and the peer's
   * @param way where the INIT came from, and was sent to
   * @param localTag the tag that the association will have, if it comes to one
   * @param associations how many there are
   */
  answerInit(
    init: InitChunk,
    ports: { readonly localPort: number; readonly peerPort: number },
    localTag: number,
    way: { readonly from: NetAddress; readonly to: NetAddress | undefined },
    associations: number,
    now: Instant,
  ): OutOfTheBlueReply | undefined {
    // §3.3.2: "If the value of the Initiate Tag […] is found to be 0, the receiver MUST silently discard the packet."
    if (init.initiateTag === 0) {
      this.#counters.initsRefused++;
      return undefined;
    }
    const parameters = recognize(init.parameters, this.#options, this.#environment);
    const objection = objectionTo(init, parameters) ?? this.#admission.objectionToAssociation(associations);
    if (objection !== undefined) {
      this.#counters.initsRefused++;
      return { chunk: { kind: 'ABORT', tagReflected: false, causes: objection }, verificationTag: init.initiateTag };
    }
    // §3.3.2: "If an INIT chunk is received with all mandatory parameters […], then the receiver SHOULD process the
    // INIT chunk and send back an INIT ACK."
    this.#counters.initsAnswered++;
    const { cookieJar, random } = this.#environment;
    const answer = {
      options: this.#options,
      cookieJar,
      ...ports,
      localTag,
      // §3.3.3: "the Initial TSN SHOULD be set to a random value in that range."
      localInitialTsn: tsn(random.uint32()),
      // §5.2.2: "the Tie-Tags MUST be set to 0 (indicating that no previous TCB existed)."
      localTieTag: 0,
      peerTieTag: 0,
      ...way,
      own: this.#environment,
      transport: this.#environment,
      parameters,
    };
    // §5.1 B: "MUST set the Verification Tag field to Tag_A and also provide its own".
    // §5.1: "MUST be set to the source IP address of the INIT chunk to which this INIT ACK chunk is responding".
    return { chunk: answerInit(init, answer, now), verificationTag: init.initiateTag };
  }

  /** The State Cookie in a COOKIE ECHO chunk, if it is ours, unchanged, and belongs to its packet (§5.1.5). */
  openCookie(chunk: CookieEchoChunk, packet: Packet): StateCookie | undefined {
    const cookie = this.#environment.cookieJar.open(chunk.cookie);
    if (
      cookie !== undefined &&
      cookie.localPort === packet.destinationPort &&
      cookie.peerPort === packet.sourcePort &&
      cookie.localTag === packet.verificationTag
    ) {
      return cookie;
    }
    // §5.1.5: "the SCTP packet, including the COOKIE ECHO chunk and any DATA chunks, MUST be silently discarded."; "If
    // these values do not match, the packet MUST be silently discarded."
    this.#counters.forgedCookies++;
    return undefined;
  }

  /** What to answer to a valid cookie instead of setting up its association; undefined when it is to be set up. */
  objectionToCookie(cookie: StateCookie, associations: number, now: Instant): Chunk | undefined {
    // §5.1.5 4): "the endpoint MUST transmit an ERROR chunk with a 'Stale Cookie' error cause"
    if (now - cookie.createdAt > cookie.lifespanMs) {
      this.#counters.staleCookies++;
      return staleCookieError(cookie, now);
    }
    const causes = this.#admission.objectionToAssociation(associations);
    if (causes !== undefined) {
      this.#counters.initsRefused++;
      return { kind: 'ABORT', tagReflected: false, causes };
    }
    this.#counters.associationsAccepted++;
    return undefined;
  }
}
