import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../support/pair.ts';
import { arrange } from '../../support/states.ts';
import { addStreams, ask, incomingReset, reconfig, reconfiguring, requestsTo, responsesTo } from './requests.ts';

const results = (peer: Parameters<typeof responsesTo>[0]): number[] => responsesTo(peer).map(({ result }) => result);
const [nothingToDo, performed, denied, wrongSsn] = [0, 1, 2, 3];

describe('§5.2.3 an Incoming SSN Reset Request', () => {
  it('for streams that there are: an Outgoing SSN Reset Request answers; for one that there is not: "Error - Wrong SSN" (§4.4)', () => {
    const { network, z, peer } = reconfiguring({ outboundStreams: 5 }, { streams: 5 });
    peer.send(reconfig(incomingReset(1, [0, 5])));
    network.run({ forMs: 30 });
    expect([results(peer), requestsTo(peer)]).toEqual([[wrongSsn], []]);
    peer.send(reconfig(incomingReset(2, [0, 4])));
    network.run({ forMs: 30 });
    expect(requestsTo(peer)).toMatchObject([{ kind: 'Outgoing SSN Reset Request', streamNumbers: [0, 4] }]);
    expect(eventsOf(z, 'error')).toEqual([]);
  });

  it('of what a reset of ours in flight covers: "Nothing to do"; of more than that: is processed', () => {
    for (const [ours, theirs, isCovered] of [
      [[1, 2], [2], true],
      [[1, 2], [2, 3], false],
      [[1, 2], [], false],
      [[], [2, 3], true],
      [[], [], true],
    ] as const) {
      const { network, z, peer } = reconfiguring();
      ask(z, { kind: 'reset outgoing streams', streamIds: ours });
      network.run({ forMs: 30 });
      peer.send(reconfig(incomingReset(1, [...theirs])));
      network.run({ forMs: 30 });
      expect(results(peer)).toEqual([isCovered ? nothingToDo : performed]);
    }
  });
});

it('in SHUTDOWN-SENT nothing of ours is left to be reset, and no streams are added', () => {
  const { network, host, peer } = arrange('SHUTDOWN-SENT', {}, {});
  peer.host.arrivals.length = 0;
  peer.send(reconfig(incomingReset(1, [0])));
  network.run({ forMs: 30 });
  // This peer has not said that it speaks of re-configuration.
  expect(responsesTo(peer)).toEqual([]);
  expect(host.association.state).toBe('SHUTDOWN-SENT');

  const other = reconfiguring();
  other.z.shutdown();
  other.network.run({ forMs: 30 });
  other.peer.send(reconfig(incomingReset(1, [0])));
  other.peer.send(reconfig(addStreams('Incoming', 2, 1)));
  other.network.run({ forMs: 30 });
  expect([results(other.peer), requestsTo(other.peer)]).toEqual([[nothingToDo, denied], []]);
});

it('§5.2.6: no streams at all are not "additional incoming streams": denied', () => {
  const { network, peer } = reconfiguring();
  peer.send(reconfig(addStreams('Incoming', 1, 0)));
  network.run({ forMs: 30 });
  expect([results(peer), requestsTo(peer)]).toEqual([[denied], []]);
});

it('§5.2.1: what comes again is answered as before, the latest two; what is older is out of sequence', () => {
  const { network, z, peer } = reconfiguring({ maxInboundStreams: 100 });
  for (let number = 1; number <= 4; number++) peer.send(reconfig(addStreams('Outgoing', number, 1)));
  network.run({ forMs: 30 });
  const { inboundStreams } = z.association;
  peer.host.arrivals.length = 0;
  for (const number of [4, 3, 2, 1]) peer.send(reconfig(addStreams('Outgoing', number, 1)));
  network.run({ forMs: 30 });
  expect(responsesTo(peer).map(({ responseSequenceNumber, result }) => [responseSequenceNumber, result])).toEqual([
    [4, performed],
    [3, performed],
    [2, 5],
    [1, 5],
  ]);
  expect(z.association.inboundStreams).toBe(inboundStreams);
});
