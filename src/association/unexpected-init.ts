import type { NetAddress } from '../base/address.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import { addressParameter, type ErrorCause, encodeParameter, type InitChunk, joinTlvs } from '../chunks/index.ts';
import { peerAddresses } from './addresses.ts';
import { recognize } from './capabilities.ts';
import type { Context } from './context.ts';
import { answerInit, needsChecksum, objectionTo } from './init.ts';

/** An INIT chunk for an association that exists (§5.2.1, §5.2.2). Apart from the answer nothing changes. */
export function answerUnexpectedInit(
  context: Context,
  init: InitChunk,
  from: NetAddress,
  to: NetAddress | undefined,
  now: Instant,
): void {
  const { state } = context;
  // §3.3.2: "If the value of the Initiate Tag […] is found to be 0, the receiver MUST silently discard the packet."
  if (init.initiateTag === 0) return;
  const parameters = recognize(init.parameters, context.options, context.environment);
  const objection = objectionTo(init, parameters) ?? objectionToOrigin(context, init, from);
  if (objection !== undefined) {
    // §5.2.1: "the entire INIT chunk MUST be discarded, and the state of the existing association SHOULD NOT be
    // changed. An ABORT chunk SHOULD be sent in a response". §5.1.2 B: it "SHOULD be sent to the source IP address".
    context.sendAlone({ kind: 'ABORT', tagReflected: false, causes: objection }, init.initiateTag, from, to);
    return;
  }
  const answer = (localTag: number, localInitialTsn: Tsn, localTieTag: number, peerTieTag: number): void => {
    const { environment, options, localPort, remotePort } = context;
    const { cookieJar } = environment;
    const way = { from, to, own: environment, transport: environment };
    const ours = { options, cookieJar, localPort, peerPort: remotePort, ...way };
    // §5.2.1: "The endpoint MUST also generate a State Cookie with the INIT ACK chunk." §5.2.2: "the endpoint MUST
    // generate an INIT ACK chunk with a State Cookie."
    const tags = { localTag, localTieTag, peerTieTag };
    const initAck = answerInit(init, { ...ours, ...tags, localInitialTsn, parameters }, now);
    // §5.2.2: "MUST carry a Verification Tag value equal to the Initiate Tag found in the unexpected INIT chunk."
    // §5.2.1: "SHOULD be sent to the source address of the received packet"; "MUST only be sent to an address
    // reported in the incoming INIT chunk."
    // §5.2.2: "After sending the INIT ACK or ABORT chunk, the endpoint MUST take no further actions".
    context.sendAlone(initAck, init.initiateTag, from, to, needsChecksum(init, options, environment));
  };
  switch (state.name) {
    case 'CLOSED':
      return;
    case 'COOKIE-WAIT':
      // §5.2.1: "Upon receipt of an INIT chunk in the COOKIE-WAIT state, an endpoint MUST respond with an INIT ACK
      // chunk using the same parameters it sent in its original INIT chunk (including its Initiate Tag, unchanged)";
      // "the following rules MUST be applied": "sent to an address passed by the upper layer in the request to
      // initialize the association". "After that, the endpoint MUST NOT change its state, the T1-init timer MUST be
      // left running".
      if (context.paths.find(from.ip) === undefined) return;
      answer(context.myVerificationTag, state.init.initialTsn, 0, 0);
      return;
    case 'COOKIE-ECHOED': {
      // §5.2.1: "Upon receipt of an INIT chunk in the COOKIE-ECHOED state, an endpoint MUST respond with an INIT ACK
      // chunk".
      // §5.2.1: "it MUST populate its Tie-Tags within both the association TCB and inside the State Cookie"
      const { local, peer } = context.tieTags;
      answer(context.myVerificationTag, state.init.initialTsn, local, peer);
      return;
    }
    case 'SHUTDOWN-ACK-SENT':
      // §9.2: "it SHOULD discard the INIT chunk and retransmit the SHUTDOWN ACK chunk"
      context.control.push({ kind: 'SHUTDOWN ACK' }, context.paths.current);
      return;
    case 'ESTABLISHED':
    case 'SHUTDOWN-PENDING':
    case 'SHUTDOWN-SENT':
    case 'SHUTDOWN-RECEIVED': {
      // §5.2.2: "the INIT ACK chunk MUST contain a new Initiate Tag (randomly generated […])"
      const { random, unusedTag } = context.environment;
      const { local, peer } = context.tieTags;
      answer(unusedTag(), tsn(random.uint32()), local, peer);
      return;
    }
    default:
      return state satisfies never;
  }
}

/**
 * Why an INIT chunk that belongs to an association must not be answered by where it comes from; undefined when it may.
 */
function objectionToOrigin(
  { state, paths, environment }: Context,
  init: InitChunk,
  from: NetAddress,
): readonly ErrorCause[] | undefined {
  // In COOKIE-WAIT the peer's addresses are not yet known; SHUTDOWN-ACK-SENT answers otherwise.
  if (state.name === 'CLOSED' || state.name === 'COOKIE-WAIT' || state.name === 'SHUTDOWN-ACK-SENT') return undefined;
  // §5.2.2: "the endpoint MUST check to see if the unexpected INIT chunk adds new addresses to the association. If new
  // addresses are added […], the endpoint MUST respond with an ABORT chunk"; "The error SHOULD list the addresses".
  const added = peerAddresses(init.parameters, from, environment).filter(({ ip }) => paths.find(ip) === undefined);
  if (added.length > 0) {
    const addresses = joinTlvs(added.map(({ ip }) => encodeParameter(addressParameter(ip))));
    return [{ kind: 'Restart of an Association with New Addresses', addresses }];
  }
  // draft-tuexen-tsvwg-rfc6951-bis §5.5 7: where "the UDP source port of the received SCTP packet is not equal to the
  // remote UDP encapsulation port […], an SCTP packet containing an ABORT chunk MUST be sent". An INIT proves nothing of
  // its sender, and must not draw away the packets of an association that works.
  const currentPort = paths.find(from.ip)?.address.udpPort ?? 0;
  if (currentPort === from.udpPort) return undefined;
  return [{ kind: 'Restart of an Association with New Encapsulation Port', currentPort, newPort: from.udpPort }];
}
