import { describe, expect, it } from 'vitest';
import { distance, plus } from '../../../src/base/serial.ts';
import { chunkTypes, findParameter } from '../../../src/chunks/index.ts';
import { pattern } from '../../support/messages.ts';
import { endingOf } from '../../support/pair.ts';
import { dataTo, type Stage, stage } from '../stage.ts';
import {
  addStreams,
  ask,
  associationReset,
  everyRequest,
  incomingReset,
  outgoingReset,
  reconfig,
  reconfigsTo,
  reconfiguring,
  requestsTo,
  response,
  responsesTo,
  resultsOf,
  speaksReconfig,
} from './requests.ts';

const send = ({ z }: Stage, streamId = 0): void => z.send(z.association, { data: pattern(0, 100), streamId });
/** Stream and SSN of what has arrived. */
const numbers = ({ peer }: Stage): string[] =>
  dataTo(peer).map(({ fragment: { streamId, messageId } }) => `${streamId}:${messageId}`);

describe('§5.1.1 the RE-CONFIG chunk', () => {
  it('"An SCTP endpoint supporting this extension MUST include the chunk type of the RE-CONFIG chunk in the Supported Extensions Parameter in either the INIT or INIT-ACK."', () => {
    const { network, z, peer } = stage();
    peer.sendUnder(0, peer.init());
    network.run({ forMs: 50 });
    z.connect(peer);
    network.run({ forMs: 50 });
    for (const { parameters } of [peer.latest('INIT ACK'), peer.latest('INIT')]) {
      expect(findParameter(parameters, 'Supported Extensions')!.chunkTypes).toContain(chunkTypes['RE-CONFIG']);
    }
  });

  it('"Before sending a RE-CONFIG chunk, the sender MUST ensure that the peer advertised support for the re-configuration extension."; "the sender MUST NOT send any re-configuration request to the peer, and any request by the application for such service SHOULD be responded to with an appropriate error"', () => {
    const { network, z, peer } = reconfiguring({}, { parameters: [] });
    for (const request of everyRequest) expect(() => ask(z, request)).toThrow('does not support');
    network.run({ forMs: 5_000 });
    expect(reconfigsTo(peer)).toEqual([]);
  });

  it('"At any given time, there MUST NOT be more than one request in flight. So, if the Re-configuration Timer is running and the RE-CONFIG chunk contains at least one request parameter, the chunk MUST be buffered."', () => {
    const { network, z, peer } = reconfiguring({ maxInboundStreams: 100 });
    for (const request of everyRequest) ask(z, request);
    for (let count = 1; count <= everyRequest.length; count++) {
      network.run({ forMs: 500 });
      expect(requestsTo(peer)).toHaveLength(count);
      peer.send(reconfig(response(requestsTo(peer).at(-1)!.requestSequenceNumber, 2)));
    }
  });

  it('"the sender MUST start the Re-configuration Timer if the RE-CONFIG chunk contains at least one request parameter."; "This timer MUST use the same value as SCTP\'s data transmission timer (i.e., the retransmission timeout (RTO) timer) and MUST use exponential backoff, doubling the value at every expiration."; "the sender MUST retransmit the RE-CONFIG chunk, increment the appropriate error counts (for both the association and the destination), and perform threshold management, possibly destroying the association if SCTP retransmission thresholds are exceeded."', () => {
    const { network, z, peer } = reconfiguring({ rtoInitialMs: 1_500, hbIntervalMs: 0, associationMaxRetrans: 3 });
    const start = network.now;
    ask(z, everyRequest[0]!);
    network.run({ forMs: 5_000 });
    // "increment the appropriate error counts (for both the association and the destination)"
    expect(z.association.paths[0]!.errorCount).toBe(2);
    network.run({ until: () => endingOf(z) !== undefined });
    // "perform threshold management, possibly destroying the association"
    expect(endingOf(z)).toBe('SCTP_ERR_PEER_UNREACHABLE');
    const times = peer.host.arrivals.filter(({ packet }) => packet!.chunks[0]!.kind === 'RE-CONFIG');
    // "the sender MUST retransmit the RE-CONFIG chunk"; "MUST use the same value as SCTP's data transmission timer"; "MUST use
    // exponential backoff, doubling the value at every expiration"
    expect(times.map(({ timeMs }) => timeMs - start - 10)).toEqual([0, 1_500, 4_500, 10_500]);
  });

  it('"If it contains no request parameters, the Re-configuration Timer MUST NOT be started."', () => {
    const { network, peer } = reconfiguring({ hbIntervalMs: 0 });
    peer.send(reconfig(outgoingReset(1)));
    network.run({ forMs: 60_000 });
    expect(reconfigsTo(peer)).toHaveLength(1);
  });
});

describe('§5.1.2, §5.1.3, §5.1.4 what a request holds', () => {
  it('"The sender MUST assign the next re-configuration request sequence number and MUST put it into the Re-configuration Request Sequence Number field"; "The next re-configuration request sequence number MUST then be incremented by 1.": from the Initial TSN on', () => {
    const { network, z, peer } = reconfiguring();
    for (let n = 0; n < 2; n++)
      for (const request of everyRequest.filter(({ kind }) => kind !== 'reset association')) ask(z, request);
    ask(z, { kind: 'reset association' });
    for (let n = 0; n < 9; n++) {
      network.run({ forMs: 30 });
      expect(requestsTo(peer).at(-1)!.requestSequenceNumber).toBe((peer.peerInitialTsn + n) >>> 0);
      peer.send(reconfig(response(peer.peerInitialTsn + n, 2)));
    }
  });

  it('§5.1.2: "The Outgoing SSN Reset Request Parameter MUST be put into a RE-CONFIG Chunk."; "It MUST NOT be put together with any other parameter"; §5.1.3: "It MAY be put together with an Outgoing SSN Reset Request Parameter but MUST NOT be put together with any other parameter."; §5.1.4: "There MUST NOT be any other parameter in this chunk."; "The RE-CONFIG chunk MUST be sent following the rules given in Section 5.1.1."', () => {
    const { network, z, peer } = reconfiguring();
    for (const request of everyRequest) ask(z, request);
    for (let n = 0; n < everyRequest.length; n++) {
      network.run({ forMs: 30 });
      peer.send(reconfig(response(peer.peerInitialTsn + n, 2)));
    }
    expect(reconfigsTo(peer).map(({ parameters }) => parameters.map(({ kind }) => kind))).toEqual([
      ['Outgoing SSN Reset Request'],
      ['Incoming SSN Reset Request'],
      ['SSN/TSN Reset Request'],
      ['Add Outgoing Streams Request'],
      ['Add Incoming Streams Request'],
    ]);
  });

  it.each([
    ['outgoing', 'Outgoing SSN Reset Request'],
    ['incoming', 'Incoming SSN Reset Request'],
  ] as const)(
    '"If this Outgoing SSN Reset Request Parameter is sent at the request of the upper layer and the sender requests that all outgoing streams be reset, stream numbers SHOULD NOT be put into the Outgoing SSN Reset Request Parameter. If the sender requests that only some outgoing streams be reset, these stream numbers MUST be placed in the Outgoing SSN Reset Request Parameter.": %s',
    (direction, kind) => {
      for (const streamIds of [[], [4, 2]]) {
        const { network, z, peer } = reconfiguring();
        ask(z, { kind: `reset ${direction} streams`, streamIds });
        network.run({ forMs: 30 });
        expect(requestsTo(peer)).toMatchObject([{ kind, streamNumbers: streamIds }]);
      }
    },
  );

  it('A3: "The Sender\'s Last Assigned TSN MUST be set to the next TSN the sender assigns minus 1."', () => {
    const all = reconfiguring();
    const { network, z, peer } = all;
    for (let n = 0; n < 3; n++) send(all);
    ask(z, { kind: 'reset outgoing streams', streamIds: [] });
    network.run({ forMs: 30 });
    expect(requestsTo(peer)).toMatchObject([{ sendersLastAssignedTsn: plus(peer.peerInitialTsn, 2) }]);
  });

  it('A4: "the stream numbers MUST be copied from the Incoming SSN Reset Request Parameter to the Outgoing SSN Reset Request Parameter. The Re-configuration Response Sequence Number of the Outgoing SSN Reset Request Parameter MUST be the Re-configuration Request Sequence Number of the Incoming SSN Reset Request Parameter."', () => {
    const { network, peer } = reconfiguring();
    peer.send(reconfig(addStreams('Outgoing', 1, 1)), reconfig(incomingReset(2, [7, 3])));
    network.run({ forMs: 30 });
    expect(requestsTo(peer)).toMatchObject([{ streamNumbers: [7, 3], responseSequenceNumber: 2 }]);
  });
});

describe('data', () => {
  it('A1: "The sender MUST stop assigning new SSNs to new user data provided by the upper layer for the affected streams and queue it."', () => {
    const all = reconfiguring();
    const { network, z, peer } = all;
    send(all, 1);
    ask(z, { kind: 'reset outgoing streams', streamIds: [1] });
    send(all, 1);
    send(all, 2);
    network.run({ forMs: 300 });
    // "for the affected streams and queue it"
    expect(numbers(all)).toEqual(['1:0', '2:0']);
    peer.send(reconfig(response(peer.peerInitialTsn, 2)));
    network.run({ forMs: 30 });
    // "MUST stop assigning new SSNs to new user data provided by the upper layer for the affected streams"
    expect(numbers(all)).toEqual(['1:0', '2:0', '1:1']); // denied: the numbers go on
  });

  it.each([
    ['acknowledging', 1],
    ['denying', 2],
  ])(
    '§5.1.4 C2: "The sender MUST queue any user data, suspending any new transmissions and TSN assignment until the reset procedure is finished by the peer either acknowledging or denying the request.": %s',
    (_, result) => {
      const all = reconfiguring();
      const { network, z, peer } = all;
      ask(z, { kind: 'reset association' });
      for (let streamId = 0; streamId < 3; streamId++) send(all, streamId);
      network.run({ forMs: 500 });
      // "The sender MUST queue any user data"
      expect(numbers(all)).toEqual([]);
      const nextTsns = { sendersNextTsn: peer.initialTsn, receiversNextTsn: plus(peer.peerInitialTsn, 2 ** 31) };
      const answer = response(peer.peerInitialTsn, result);
      peer.send(reconfig(result === 1 ? ({ ...answer, nextTsns } as typeof answer) : answer));
      network.run({ forMs: 30 });
      // "until the reset procedure is finished by the peer either acknowledging"; "or denying the request"
      expect(numbers(all)).toEqual(['0:0', '1:0', '2:0']);
      expect(dataTo(peer)[0]!.tsn).toBe(result === 1 ? nextTsns.receiversNextTsn : peer.peerInitialTsn);
    },
  );

  it('§5.1.4: "Only one SSN/TSN Reset Request SHOULD be sent within 30 seconds, which is considered a maximum segment lifetime (the IP MSL)."', () => {
    const { network, z, peer } = reconfiguring({ hbIntervalMs: 0 });
    const start = network.now;
    for (let n = 0; n < 2; n++) ask(z, { kind: 'reset association' });
    network.run({ forMs: 30 });
    peer.send(reconfig(response(peer.peerInitialTsn, 2)));
    network.run({ until: () => requestsTo(peer).length === 2, forMs: 60_000 });
    expect(network.now - start).toBeGreaterThanOrEqual(30_000);
    expect(requestsTo(peer)).toHaveLength(2);
  });
});

describe('§5.1.5, §5.1.6 more streams', () => {
  it('"Upon sending the request, the sender MUST await a positive acknowledgment (Success) before using any additional stream added by this request."; "A new stream MUST use SSN 0 for its first ordered message."', () => {
    for (const [result, isThere] of [
      [2, false],
      [1, true],
    ] as const) {
      const all = reconfiguring({ outboundStreams: 5 });
      const { network, z, peer } = all;
      ask(z, { kind: 'add outgoing streams', count: 2 });
      network.run({ forMs: 30 });
      expect(() => send(all, 5)).toThrow('no outbound stream 5');
      peer.send(reconfig(response(peer.peerInitialTsn, result)));
      network.run({ forMs: 30 });
      if (!isThere) expect(() => send(all, 5)).toThrow('no outbound stream 5');
      else for (const streamId of [5, 6]) send(all, streamId);
      network.run({ forMs: 30 });
      expect(numbers(all)).toEqual(isThere ? ['5:0', '6:0'] : []);
    }
  });

  it('of the peer: "A new stream MUST use SSN 0 for its first ordered message.", and is read from there', () => {
    const { network, z, peer } = reconfiguring({}, { streams: 5 });
    peer.send(
      reconfig(addStreams('Outgoing', 1, 1)),
      peer.data(1, { streamId: 5, ssn: 1 }),
      peer.data(2, { streamId: 5, ssn: 0 }),
    );
    network.run({ forMs: 30 });
    expect(z.received().map(({ data }) => data[0])).toEqual([2, 1]);
  });
});

describe('§5.1.7 the response', () => {
  it('D1: "The Re-configuration Request Sequence number of the incoming request MUST be copied to the Re-configuration Response Sequence Number field of the Re-configuration Response Parameter."; D2: "The result of the processing of the incoming request according to Table 3 MUST be placed in the Result field of the Re-configuration Response Parameter."; D3: "For other requests, the Sender\'s Next TSN field, which is optional, MUST NOT be used."; D4: "For other requests, the Receiver\'s Next TSN field, which is optional, MUST NOT be used."', () => {
    const { network, peer } = reconfiguring({ maxInboundStreams: 12 });
    peer.send(
      reconfig(outgoingReset(1)),
      reconfig(outgoingReset(2, [99])),
      reconfig(addStreams('Outgoing', 3, 9)),
      reconfig(outgoingReset(77)),
      reconfig(outgoingReset(4, [0], 5)),
    );
    network.run({ forMs: 30 });
    expect(responsesTo(peer)).toEqual([
      response(1, 1),
      response(2, 3),
      response(3, 2),
      response(77, 5),
      response(4, 6),
    ]);
  });

  it('D3: "the Sender\'s Next TSN field MUST be filled with the next TSN the sender of this Re-configuration Response Parameter will assign."; D4: "the Receiver\'s Next TSN field MUST be filled with a TSN such that the sender of the Re-configuration Response Parameter can be sure it can discard received DATA chunks with smaller TSNs. The value SHOULD be the smallest TSN not acknowledged by the receiver of the request plus 2^31."', () => {
    const all = reconfiguring();
    const { network, z, peer } = all;
    peer.send(peer.data(1), peer.data(2), reconfig(associationReset(1)));
    network.run({ forMs: 30 });
    const { nextTsns } = responsesTo(peer)[0]!;
    send(all);
    network.run({ forMs: 30 });
    expect(dataTo(peer)[0]!.tsn).toBe(nextTsns!.sendersNextTsn);
    expect(nextTsns!.receiversNextTsn).toBe(plus(peer.initialTsn, 2 + 2 ** 31));
    for (const old of [1, 2, 3, 70_000]) peer.send(peer.data(old));
    network.run({ forMs: 300 });
    expect(z.received()).toHaveLength(2);
  });
});

it('a peer that does not list RE-CONFIG is not answered, either', () => {
  const { network, peer } = reconfiguring({ streamReconfiguration: false }, { parameters: speaksReconfig });
  peer.send(reconfig(outgoingReset(1)), peer.data(1));
  network.run({ forMs: 250 });
  expect(reconfigsTo(peer)).toEqual([]);
  expect(distance(peer.latest('SACK').cumulativeTsnAck, peer.initialTsn)).toBe(0);
});

it('§5.2.7 H1: what was answered is not asked again', () => {
  const { network, z, peer } = reconfiguring({ hbIntervalMs: 0 });
  ask(z, { kind: 'reset outgoing streams', streamIds: [] });
  network.run({ forMs: 30 });
  peer.send(reconfig(response(peer.peerInitialTsn, 0)));
  network.run({ forMs: 60_000 });
  expect([requestsTo(peer).length, resultsOf(z)]).toEqual([1, ['streamsReset nothing to do']]);
});
