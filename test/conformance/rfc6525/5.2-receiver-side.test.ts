import { describe, expect, it } from 'vitest';
import { plus } from '../../../src/base/serial.ts';
import { pattern } from '../../support/messages.ts';
import { dataTo, type Stage } from '../stage.ts';
import {
  addStreams,
  ask,
  associationReset,
  incomingReset,
  outgoingReset,
  reconfig,
  reconfigsTo,
  reconfiguring,
  requestsTo,
  response,
  responsesTo,
  resultsOf,
} from './requests.ts';

const results = ({ peer }: Stage): number[] => responsesTo(peer).map(({ result }) => result);
/** The first bytes of the messages that were read: numbers of the chunks that brought them. */
const read = ({ z }: Stage): (number | undefined)[] => z.received().map(({ data }) => data[0]);

describe('§5.2.1 the RE-CONFIG chunk', () => {
  it('"If multiple parameters have to be returned, they MUST be put into one RE_CONFIG chunk. If the received RE-CONFIG chunk contains at least one request parameter, a selective acknowledgment (SACK) chunk SHOULD be sent back"', () => {
    const { network, peer } = reconfiguring();
    peer.send(reconfig(addStreams('Outgoing', 1, 1), addStreams('Incoming', 2, 60_000)));
    network.run({ forMs: 30 });
    expect(reconfigsTo(peer)[0]!.parameters).toEqual([response(1, 1), response(2, 1)]);
    expect(peer.latest('SACK')).toBeDefined();
  });

  it('"If the received RE-CONFIG chunk contains at least one request and based on the analysis of the Re-configuration Request Sequence Numbers this is the last received RE-CONFIG chunk (i.e., a retransmission), the same RE-CONFIG chunk MUST to be sent back in response, as it was earlier."', () => {
    const all = reconfiguring({ maxInboundStreams: 20 });
    const { network, z, peer } = all;
    for (const number of [1, 2]) {
      for (let n = 0; n < 3; n++) peer.send(reconfig(addStreams('Outgoing', number, 6)));
    }
    network.run({ forMs: 30 });
    expect(responsesTo(peer).map(({ responseSequenceNumber, result }) => [responseSequenceNumber, result])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
    expect(z.association.inboundStreams).toBe(16);
  });

  it('"If for whatever reason the endpoint does not wish to process a received request parameter, it MUST send a corresponding response parameter as described in Section 5.1.7, with an appropriate Result field."', () => {
    const all = reconfiguring();
    const { network, z, peer } = all;
    z.association.reconfigurationPolicy = {
      acceptStreamResets: false,
      acceptAssociationResets: false,
      acceptAddedStreams: false,
    };
    const requests = [
      outgoingReset(1),
      incomingReset(2),
      associationReset(3),
      addStreams('Outgoing', 4, 1),
      addStreams('Incoming', 5, 1),
    ];
    for (const request of requests) peer.send(reconfig(request));
    network.run({ forMs: 30 });
    expect(responsesTo(peer)).toEqual([1, 2, 3, 4, 5].map((number) => response(number, 2)));
    expect([requestsTo(peer), resultsOf(z)]).toEqual([[], []]);
  });
});

describe('§5.2.2 Outgoing SSN Reset Request', () => {
  it('E1: "If the Re-configuration Timer is running for the Re-configuration Request Sequence Number indicated in the Re-configuration Response Sequence Number field, the Re-configuration Request Sequence Number MUST be marked as acknowledged. If all Re-configuration Request Sequence Numbers for which the Re-configuration Timer is running are acknowledged, the Re-configuration Timer MUST be stopped."', () => {
    const { network, z, peer } = reconfiguring({ hbIntervalMs: 0 });
    ask(z, { kind: 'reset incoming streams', streamIds: [] });
    network.run({ forMs: 30 });
    peer.send(
      reconfig({ ...outgoingReset(1), responseSequenceNumber: peer.peerInitialTsn } as ReturnType<
        typeof outgoingReset
      >),
    );
    network.run({ forMs: 30_000 });
    expect([requestsTo(peer).length, resultsOf(z)]).toEqual([1, ['streamsReset performed']]);
  });

  it('E2: "If the Sender\'s Last Assigned TSN is greater than the cumulative acknowledgment point, then the endpoint MUST enter "deferred reset processing"."; "any data arriving with a TSN larger than the Sender\'s Last Assigned TSN for the affected stream(s) MUST be queued locally and held until the cumulative acknowledgment point reaches the Sender\'s Last Assigned TSN."; E4: "Any queued TSNs (queued at step E2) MUST now be released and processed normally."', () => {
    const all = reconfiguring();
    const { network, peer } = all;
    peer.send(peer.data(1, { ssn: 0 }), reconfig(outgoingReset(1, [0], 3)));
    peer.send(peer.data(4, { ssn: 0 }), peer.data(5, { ssn: 1 }), peer.data(6, { streamId: 1, ssn: 0 }));
    network.run({ forMs: 30 });
    expect(results(all)).toEqual([6]);
    expect(read(all)).toEqual([1, 6]);
    peer.send(peer.data(2, { ssn: 1 }));
    network.run({ forMs: 30 });
    expect(read(all)).toEqual([1, 6, 2]);
    peer.send(peer.data(3, { ssn: 2 }));
    network.run({ forMs: 30 });
    expect([read(all), results(all)]).toEqual([
      [1, 6, 2, 3, 4, 5],
      [6, 1],
    ]);
  });

  it('E2: "it MUST put a Re-configuration Response Parameter into a RE-CONFIG chunk indicating "In progress" and MUST send the RE-CONFIG chunk."', () => {
    const all = reconfiguring();
    const { network, peer } = all;
    for (let n = 0; n < 2; n++) peer.send(reconfig(outgoingReset(1, [], 1)));
    network.run({ forMs: 30 });
    expect(responsesTo(all.peer)).toEqual([response(1, 6), response(1, 6)]);
  });

  it.each([
    [
      '"If no stream numbers are listed in the parameter, then all incoming streams MUST be reset to 0 as the next expected SSN."',
      [],
      [1, 2, 3, 4],
    ],
    [
      '"If specific stream numbers are listed, then only these specific streams MUST be reset to 0, and all other non-listed SSNs remain unchanged."',
      [1],
      [1, 2, 4],
    ],
  ])('E3: %s', (_, streams, expected) => {
    const all = reconfiguring();
    const { network, peer } = all;
    peer.send(peer.data(1, { streamId: 0, ssn: 0 }), peer.data(2, { streamId: 1, ssn: 0 }));
    peer.send(reconfig(outgoingReset(1, streams, 2)));
    peer.send(peer.data(3, { streamId: 0, ssn: 0 }), peer.data(4, { streamId: 1, ssn: 0 }));
    network.run({ forMs: 30 });
    // "only these specific streams MUST be reset to 0"; "all other non-listed SSNs remain unchanged"
    expect(read(all)).toEqual(expected);
  });

  it('§5.2.2 E5, §5.2.4 G6: "A Re-configuration Response Parameter MUST be put into a RE-CONFIG chunk indicating successful processing."; §5.2.2 E6, §5.2.3 F2, §5.2.4 G7: "The RE-CONFIG chunk MUST be sent after the incoming RE-CONFIG chunk is processed completely."', () => {
    for (const request of [outgoingReset(1), associationReset(1)]) {
      const all = reconfiguring();
      all.peer.send(reconfig(request));
      all.network.run({ forMs: 10 });
      expect(resultsOf(all.z)).toHaveLength(1);
      all.network.run({ forMs: 30 });
      expect(results(all)).toEqual([1]);
    }
    // Both requests of one chunk have been dealt with when its answer goes.
    const { network, peer } = reconfiguring();
    peer.send(reconfig(outgoingReset(1), incomingReset(2)));
    network.run({ forMs: 30 });
    expect(reconfigsTo(peer).map(({ parameters }) => parameters.map(({ kind }) => kind))).toEqual([
      ['Re-configuration Response'],
      ['Outgoing SSN Reset Request'],
    ]);
  });
});

describe('§5.2.3 Incoming SSN Reset Request', () => {
  it('F1: "An Outgoing SSN Reset Request Parameter MUST be put into a RE-CONFIG chunk according to Section 5.1.2."', () => {
    const { network, z, peer } = reconfiguring();
    z.send(z.association, { data: pattern(0, 10), streamId: 3 });
    peer.send(reconfig(incomingReset(1, [3])));
    network.run({ forMs: 30 });
    const sendersLastAssignedTsn = peer.peerInitialTsn;
    expect(requestsTo(peer)).toMatchObject([{ kind: 'Outgoing SSN Reset Request', sendersLastAssignedTsn }]);
  });

  it('"In such a case, the local endpoint MUST do the following:" "Even in such a situation, the Incoming SSN Reset MUST be processed normally, even though this means that (if the endpoint elects to do the stream reset) streams that are already at SSN 0 will be reset a subsequent time."', () => {
    for (const [asked, result, requests] of [
      [[1], 0, 1], // completely overlapped: nothing to do
      [[1, 2], 1, 2],
    ] as const) {
      const all = reconfiguring();
      const { network, z, peer } = all;
      ask(z, { kind: 'reset outgoing streams', streamIds: [1] });
      network.run({ forMs: 30 });
      peer.send(reconfig(incomingReset(1, [...asked])));
      network.run({ forMs: 30 });
      expect(responsesTo(peer)).toEqual([response(1, result)]);
      peer.send(reconfig(response(peer.peerInitialTsn, 1)));
      network.run({ forMs: 30 });
      expect(requestsTo(peer)).toHaveLength(requests);
      if (requests === 2) expect(requestsTo(peer)[1]).toMatchObject({ streamNumbers: asked });
    }
  });
});

describe('§5.2.4 SSN/TSN Reset Request', () => {
  it('G1: "The value SHOULD be the smallest TSN not acknowledged by the receiver of the request plus 2^31."; G3: "The same processing as though a SACK chunk with no gap report and a cumulative TSN ACK of the Sender\'s Next TSN minus 1 were received MUST be performed."; G4: "The same processing as though a FWD-TSN chunk (as defined in [RFC3758]) with all streams affected and a new cumulative TSN ACK of the Receiver\'s Next TSN minus 1 were received MUST be performed."; G5: "The next expected and outgoing SSNs MUST be reset to 0 for all incoming and outgoing streams."', () => {
    const all = reconfiguring();
    const { network, z, peer } = all;
    const send = (): void => {
      for (const streamId of [0, 1]) z.send(z.association, { data: pattern(0, 10), streamId });
    };
    send();
    network.run({ forMs: 30 });
    peer.send(
      peer.sack(2),
      peer.data(1, { ssn: 0 }),
      peer.data(3, { ssn: 1, ending: false }),
      reconfig(associationReset(1)),
    );
    network.run({ forMs: 30 });
    const { sendersNextTsn, receiversNextTsn } = responsesTo(peer)[0]!.nextTsns!;
    expect(receiversNextTsn).toBe(plus(peer.initialTsn, 1 + 2 ** 31));
    expect(z.endpoint.bufferedBytes).toBe(0); // the piece of a message is gone
    peer.host.arrivals.length = 0;
    send();
    const number = 2 + 2 ** 31;
    peer.send(peer.data(number, { ssn: 0 }), peer.data(number + 1, { streamId: 1, ssn: 0 }));
    network.run({ forMs: 30 });
    // G5: "MUST be reset to 0 […] outgoing streams"
    expect(dataTo(peer).map(({ tsn, fragment }) => [tsn, fragment.streamId, fragment.messageId])).toEqual([
      [sendersNextTsn, 0, 0],
      [plus(sendersNextTsn, 1), 1, 0],
    ]);
    // G5: "MUST be reset to 0 for all incoming and […]"
    expect(z.received().map(({ streamId }) => streamId)).toEqual([0, 0, 1]);
    network.run({ forMs: 300 });
    expect(peer.latest('SACK')).toMatchObject({ cumulativeTsnAck: plus(receiversNextTsn, 1), gapAckBlocks: [] });
  });
});

describe('§5.2.5, §5.2.6 more streams', () => {
  it('"When an SCTP endpoint receives a re-configuration request adding additional streams, it MUST send a response parameter either acknowledging or denying the request. If the response is successful, the receiver MUST add the requested number of inbound streams to the association, initializing the next expected SSN to 0. The SCTP endpoint SHOULD deny the request if the number of streams exceeds a limit that should be configurable by the application."', () => {
    const all = reconfiguring({ maxInboundStreams: 15 });
    const { network, z, peer } = all;
    peer.send(reconfig(addStreams('Outgoing', 1, 6)), reconfig(addStreams('Outgoing', 2, 5)));
    peer.send(peer.data(1, { streamId: 14, ssn: 0 }));
    network.run({ forMs: 30 });
    // "it MUST send a response parameter either acknowledging"; "acknowledging or denying the request. If"
    expect([results(all), z.association.inboundStreams, read(all)]).toEqual([[2, 1], 15, [1]]);
  });

  it('"When an SCTP endpoint receives a re-configuration request adding additional incoming streams, it MUST either send a response parameter denying the request or send a corresponding Add Outgoing Streams Request Parameter, following the rules given in Section 5.1.5."', () => {
    const all = reconfiguring();
    const { network, peer } = all;
    peer.send(reconfig(addStreams('Incoming', 1, 65_530)), reconfig(addStreams('Incoming', 2, 6)));
    network.run({ forMs: 30 });
    // "send a response parameter denying the request"; "or send a corresponding Add Outgoing Streams Request Parameter"
    expect(results(all)).toEqual([2, 1]);
    expect(requestsTo(peer)).toMatchObject([{ kind: 'Add Outgoing Streams Request', newStreams: 6 }]);
  });
});

describe('§5.2.7 Re-configuration Response', () => {
  it('H1: "the Re-configuration Request Sequence Number MUST be marked as acknowledged. If all Re-configuration Request Sequence Numbers for which the Re-configuration Timer is running are acknowledged, the Re-configuration Timer MUST be stopped."', () => {
    const { network, z, peer } = reconfiguring({ hbIntervalMs: 0 });
    ask(z, { kind: 'reset outgoing streams', streamIds: [] });
    network.run({ forMs: 30 });
    peer.send(reconfig(response(peer.peerInitialTsn - 1, 1))); // answers another one
    network.run({ forMs: 1_100 });
    expect([requestsTo(peer).length, resultsOf(z)]).toEqual([2, []]);
    peer.send(reconfig(response(peer.peerInitialTsn, 1)));
    network.run({ forMs: 30_000 });
    expect([requestsTo(peer).length, resultsOf(z)]).toEqual([2, ['streamsReset performed']]);
  });

  it('H2: "If the timer runs out, the RE-CONFIG chunk MUST be retransmitted but the corresponding error counters MUST NOT be incremented."', () => {
    const { network, z, peer } = reconfiguring({ hbIntervalMs: 0, associationMaxRetrans: 3 });
    ask(z, { kind: 'reset outgoing streams', streamIds: [] });
    network.run({ forMs: 30 });
    for (let n = 2; n < 8; n++) {
      peer.send(reconfig(response(peer.peerInitialTsn, 6)));
      network.run({ until: () => requestsTo(peer).length === n, forMs: 70_000 });
      // "the RE-CONFIG chunk MUST be retransmitted"; "the corresponding error counters MUST NOT be incremented"
      expect([requestsTo(peer).length, z.association.paths[0]!.errorCount]).toEqual([n, 0]);
    }
    expect(z.association.state).toBe('ESTABLISHED');
  });

  it('H4: "If the request was an Outgoing SSN Reset Request, the affected streams MUST now be reset and all queued data should now be processed."', () => {
    const { network, z, peer } = reconfiguring();
    const send = (streamId: number): void => z.send(z.association, { data: pattern(0, 10), streamId });
    for (const streamId of [1, 2]) send(streamId);
    ask(z, { kind: 'reset outgoing streams', streamIds: [1] });
    network.run({ forMs: 30 });
    for (const streamId of [1, 2]) send(streamId);
    peer.send(reconfig(response(peer.peerInitialTsn, 1)));
    network.run({ forMs: 30 });
    const numbers = dataTo(peer).map(({ fragment: { streamId, messageId } }) => `${streamId}:${messageId}`);
    expect(numbers).toEqual(['1:0', '2:0', '2:1', '1:0']);
  });

  it('H5: "If the request was an SSN/TSN Reset Request, new data MUST be sent from the Receiver\'s Next TSN, beginning with SSN 0 for all outgoing streams. All incoming streams MUST be reset to 0 as the next expected SSN."', () => {
    const { network, z, peer } = reconfiguring();
    const send = (): void => z.send(z.association, { data: pattern(0, 10) });
    send();
    peer.send(peer.data(1, { ssn: 0 }));
    network.run({ forMs: 30 });
    peer.send(peer.sack(1));
    ask(z, { kind: 'reset association' });
    network.run({ forMs: 30 });
    const nextTsns = {
      sendersNextTsn: plus(peer.initialTsn, 5_000),
      receiversNextTsn: plus(peer.peerInitialTsn, 2 ** 31),
    };
    peer.send(
      reconfig({ kind: 'Re-configuration Response', responseSequenceNumber: peer.peerInitialTsn, result: 1, nextTsns }),
    );
    network.run({ forMs: 30 });
    send();
    peer.send(peer.data(5_001, { ssn: 0 }));
    network.run({ forMs: 30 });
    expect(dataTo(peer)[1]).toMatchObject({ tsn: nextTsns.receiversNextTsn, fragment: { messageId: 0 } });
    expect(z.received()).toHaveLength(2);
  });

  it('H6: "If the request was to add outgoing streams, the endpoint MUST add the additional streams to the association."; "it MUST NOT use the streams until the peer has responded with a positive acknowledgment."', () => {
    const { network, z, peer } = reconfiguring({ outboundStreams: 5 });
    ask(z, { kind: 'add outgoing streams', count: 3 });
    network.run({ forMs: 30 });
    expect(z.association.outboundStreams).toBe(5);
    peer.send(reconfig(response(peer.peerInitialTsn, 1)));
    network.run({ forMs: 30 });
    expect(z.association.outboundStreams).toBe(8);
  });
});
