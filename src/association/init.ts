import type { NetAddress } from '../base/address.ts';
import { padded, readUint32 } from '../base/bytes.ts';
import type { Tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import {
  addressParameter,
  type ErrorCause,
  encodeParameter,
  findParameter,
  type InitAckChunk,
  type InitChunk,
  type Parameter,
  type RecognizedParameters,
} from '../chunks/index.ts';
import { addressesToTell, type OwnAddresses, peerAddresses, peerAddressTypes } from './addresses.ts';
import {
  declinesInterleaving,
  negotiate,
  offeredCapabilities,
  recognize,
  type TransportIntegrity,
} from './capabilities.ts';
import { introductionBy } from './introduction.ts';
import type { AssociationOptions } from './options.ts';
import type { CookieJar } from './state-cookie.ts';

/** Bytes of 'Unrecognized Parameter' parameters in an INIT ACK chunk: as many as an honest peer gives reason for. */
const mostReported = 256;

/** Bytes of a parameter that an ABORT chunk quotes. */
const mostQuoted = 256;

/** Also for an INIT or INIT ACK chunk that is too short to have all of them. */
export const invalidMandatoryParameter: readonly ErrorCause[] = [{ kind: 'Invalid Mandatory Parameter' }];

/** RFC 9260 §3.3.2: "The Advertised Receiver Window Credit MUST NOT be smaller than 1500." */
const leastARwnd = 1_500;

/** Our own INIT chunk. */
export function createInit(
  options: AssociationOptions,
  initiateTag: number,
  initialTsn: Tsn,
  parameters: readonly Parameter[] = [],
): InitChunk {
  return {
    kind: 'INIT',
    initiateTag,
    // §5.1.1: "MUST indicate the number of outbound streams (OS) […], as well as the maximum inbound streams (MIS)".
    aRwnd: options.receiveBufferSize,
    outboundStreams: options.outboundStreams,
    inboundStreams: options.maxInboundStreams,
    initialTsn,
    parameters,
  };
}

/**
 * Why an INIT or INIT ACK chunk cannot lead to an association: the causes for the ABORT chunk that answers it, which is
 * never larger than what it answers. Undefined when nothing speaks against it. An Initiate Tag of 0 is the caller's to drop.
 */
export function objectionTo(
  chunk: InitChunk | InitAckChunk,
  { accepted, flawed }: RecognizedParameters,
): readonly ErrorCause[] | undefined {
  // §3.3.2: "with the OS value set to 0 MUST discard the packet"; "with the MIS value set to 0 MUST discard the
  // packet". §5.1: "SHOULD also specify the cause of abort".
  // §3.3.2: "with the a_rwnd value set to a value smaller than 1500 MUST discard the packet, SHOULD send […] an ABORT",
  // and likewise for OS and MIS of 0.
  if (hasTooSmallWindow(chunk) || chunk.outboundStreams === 0 || chunk.inboundStreams === 0) {
    return invalidMandatoryParameter;
  }
  // §5.1.2 B: "If there is a Host Name Address parameter present […] the endpoint MUST immediately send an ABORT chunk
  // and MAY include an 'Unresolvable Address' error cause".
  const hostName = findParameter(accepted, 'Host Name Address');
  if (hostName !== undefined) return [{ kind: 'Unresolvable Address', address: quoted(hostName) }];
  // §5.1: with "invalid parameter values […], it SHOULD respond with an ABORT chunk."
  if (flawed !== undefined) return [{ kind: 'Protocol Violation', information: quoted(flawed) }];
  if (chunk.kind === 'INIT') return undefined;
  const stateCookie = findParameter(accepted, 'State Cookie');
  if (stateCookie === undefined) return [{ kind: 'Missing Mandatory Parameter', parameterTypes: [7] }];
  // §3.3.3.1.1: it "MUST contain all the necessary state and parameter information".
  return stateCookie.cookie.length === 0 ? invalidMandatoryParameter : undefined;
}

/** The Initiate Tag of an INIT or INIT ACK chunk that does not decode; undefined where it has none, or 0. */
export function initiateTagOf(value: Uint8Array): number | undefined {
  return value.length < 4 ? undefined : readUint32(value, 0) || undefined;
}

/** Whether the a_rwnd says less than it may. */
export function hasTooSmallWindow({ aRwnd }: InitChunk | InitAckChunk): boolean {
  return aRwnd < leastARwnd;
}

/** The beginning of a parameter, which says what is meant. */
function quoted(parameter: Parameter): Uint8Array {
  return encodeParameter(parameter).subarray(0, mostQuoted);
}

/** Who answers an INIT, and with what. */
export interface InitAnswer {
  readonly options: AssociationOptions;
  readonly cookieJar: CookieJar;
  readonly localPort: number;
  readonly peerPort: number;
  readonly localTag: number;
  readonly localInitialTsn: Tsn;
  /** The Tie-Tags of an association that exists with this peer, 0 without one (§5.2.2). */
  readonly localTieTag: number;
  readonly peerTieTag: number;
  readonly from: NetAddress;
  /** Where the INIT was sent to, and its answer is sent from; undefined where the system chooses. */
  readonly to: NetAddress | undefined;
  readonly own: OwnAddresses;
  readonly transport: TransportIntegrity;
  /** Of the INIT chunk. */
  readonly parameters: RecognizedParameters;
}

/** The life of a cookie whose INIT chunk asked for more (§3.3.2.1.3): at most twice as long. */
export function longestCookieLifeMs(options: AssociationOptions): number {
  return 2 * options.validCookieLifeMs;
}

/**
 * Whether the INIT ACK chunk that answers `init` needs a CRC32c. RFC 9653 §5.2: "an endpoint SHOULD use zero as the checksum",
 * and the peer has said already that it takes it.
 */
export function needsChecksum(init: InitChunk, options: AssociationOptions, transport: TransportIntegrity): boolean {
  if (transport.errorDetectionMethod === undefined) return true;
  const { accepted } = recognize(init.parameters, options, transport);
  return !negotiate(options, transport, accepted, options.interleaving).zeroChecksumToPeer;
}

/** The INIT ACK chunk for `init`. It depends on its arguments alone: nothing is kept (RFC 9260 §5.1 B). */
export function answerInit(init: InitChunk, answer: InitAnswer, now: Instant): InitAckChunk {
  const { options } = answer;
  const { accepted, unrecognized } = answer.parameters;
  const { from, to, own } = answer;
  const answeredFrom = (to ?? own.sources?.knownSourceOf(from))?.ip;
  const toldAddresses = addressesToTell(own, [from], answeredFrom, peerAddressTypes(accepted));
  const interleaving = options.interleaving && !declinesInterleaving(options, init.parameters);
  // §3.3.2.1.3: the receiver may "ignore this parameter" or extend the life; not at will, since long lives make "the
  // endpoint more subject to a replay attack" (§5.2.6).
  const increment = findParameter(accepted, 'Cookie Preservative')?.lifeSpanIncrementMs ?? 0;
  // RFC 4820 §4: "the size of the generated COOKIE parameter in the INIT-ACK MUST NOT depend on the existence of the PAD
  // parameter in the INIT chunk. A receiver of a PAD parameter MUST NOT include the PAD parameter within any State Cookie
  // parameter it generates."
  const cookie = answer.cookieJar.seal(
    {
      createdAt: now,
      lifespanMs: Math.min(options.validCookieLifeMs + increment, longestCookieLifeMs(options)),
      localTag: answer.localTag,
      peerTag: init.initiateTag,
      // §5.2.2: "MUST copy its current Tie-Tags to a reserved place within the State Cookie"; "Other parameters for the
      // endpoint SHOULD be copied from the existing parameters": the options have not changed.
      localTieTag: answer.localTieTag,
      peerTieTag: answer.peerTieTag,
      localInitialTsn: answer.localInitialTsn,
      peerInitialTsn: init.initialTsn,
      peerARwnd: init.aRwnd,
      // §5.1.1: "the endpoint MUST use MIS outbound streams" when the peer accepts fewer than we want
      outboundStreams: Math.min(options.outboundStreams, init.inboundStreams),
      inboundStreams: Math.min(options.maxInboundStreams, init.outboundStreams),
      localPort: answer.localPort,
      peerPort: answer.peerPort,
      peerAddresses: peerAddresses(accepted, from, own),
      introduction: introductionBy(own, toldAddresses, answeredFrom),
      capabilities: negotiate(options, answer.transport, accepted, interleaving),
    },
    now,
  );
  return {
    kind: 'INIT ACK',
    initiateTag: answer.localTag,
    aRwnd: options.receiveBufferSize,
    // §3.3.3: "the value MUST NOT be greater than the MIS value sent in the INIT chunk"
    outboundStreams: Math.min(options.outboundStreams, init.inboundStreams),
    inboundStreams: options.maxInboundStreams,
    initialTsn: answer.localInitialTsn,
    parameters: [
      // §5.1 B: "'Z' MUST generate and send along with the INIT ACK chunk a State Cookie."
      { kind: 'State Cookie', cookie },
      ...offeredCapabilities(options, answer.transport, interleaving),
      ...toldAddresses.map(addressParameter),
      // §3.2.2: "it MUST put the 'Unrecognized Parameter' parameter(s) in the INIT ACK chunk".
      ...reportable(unrecognized).map((parameter): Parameter => ({ kind: 'Unrecognized Parameter', parameter })),
    ],
  };
}

/**
 * RFC 9260 §12.4: "MAY (at its discretion) elect to omit some or all of the 'Unrecognized Parameter' parameters to reduce the
 * size of the INIT ACK chunk": it goes to an address that nobody has verified.
 */
function reportable(unrecognized: readonly Uint8Array[]): readonly Uint8Array[] {
  // §12.4: "SHOULD attempt to make the INIT ACK chunk as small as possible".
  let room = mostReported;
  return unrecognized.filter((parameter) => {
    room -= 4 + padded(parameter.length);
    return room >= 0;
  });
}
