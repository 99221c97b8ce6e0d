import { describe, expect, it } from 'vitest';
import { plus, tsn } from '../../../src/base/serial.ts';
import { pattern } from '../../support/messages.ts';
import { dataTo } from '../stage.ts';
import { ask, reconfig, reconfigsTo, reconfiguring, requestsTo, response, resultsOf } from './requests.ts';

const message = { data: pattern(0, 100), streamId: 1 };

describe('§5.1.4 C2', () => {
  it('"The sender has either no outstanding TSNs or considers all outstanding TSNs abandoned.": the request waits for the SACK chunk', () => {
    const { network, z, peer } = reconfiguring({ hbIntervalMs: 0 });
    z.send(z.association, message);
    network.run({ forMs: 50 });
    ask(z, { kind: 'reset association' });
    network.run({ forMs: 500 });
    expect(reconfigsTo(peer)).toEqual([]);
    peer.send(peer.sack(1));
    network.run({ forMs: 50 });
    expect(requestsTo(peer)).toMatchObject([{ kind: 'SSN/TSN Reset Request' }]);
  });
});

describe('§5.2.7', () => {
  it('H5: a result other than "Success - Performed" changes no TSN, whatever TSNs come with it', () => {
    for (const result of [0, 2, 3]) {
      const { network, z, peer } = reconfiguring();
      ask(z, { kind: 'reset association' });
      network.run({ forMs: 50 });
      const responseSequenceNumber = requestsTo(peer)[0]!.requestSequenceNumber;
      const nextTsns = { sendersNextTsn: tsn(70_000), receiversNextTsn: plus(peer.peerInitialTsn, 80_000) };
      peer.send(reconfig({ kind: 'Re-configuration Response', responseSequenceNumber, result, nextTsns }));
      peer.send(peer.data(1));
      z.send(z.association, message);
      network.run({ forMs: 100 });
      expect(z.received()).toHaveLength(1);
      expect(dataTo(peer).map((chunk) => chunk.tsn)).toEqual([peer.peerInitialTsn]);
      expect(resultsOf(z)).not.toContain('associationReset performed');
    }
  });

  it('H1: "the Re-configuration Timer MUST be stopped."', () => {
    const { network, z, peer } = reconfiguring({ hbIntervalMs: 0 });
    ask(z, { kind: 'add outgoing streams', count: 1 });
    network.run({ forMs: 50 });
    expect(z.endpoint.nextTimeout).toBeLessThan(Number.POSITIVE_INFINITY);
    peer.send(reconfig(response(requestsTo(peer)[0]!.requestSequenceNumber, 1)));
    network.run({ forMs: 50 });
    expect(z.endpoint.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });

  it('H3: "Success - Nothing to do" of a reset of ours is success: the streams begin anew', () => {
    const { network, z, peer } = reconfiguring();
    z.send(z.association, message);
    network.run({ forMs: 50 });
    peer.send(peer.sack(1));
    network.run({ forMs: 50 });
    ask(z, { kind: 'reset outgoing streams', streamIds: [1] });
    network.run({ forMs: 50 });
    peer.send(reconfig(response(requestsTo(peer)[0]!.requestSequenceNumber, 0)));
    network.run({ forMs: 50 });
    z.send(z.association, message);
    network.run({ forMs: 50 });
    expect(dataTo(peer).map(({ fragment }) => fragment.messageId)).toEqual([0, 0]);
    expect(resultsOf(z)).toEqual(['streamsReset nothing to do']);
  });
});

it('§4.1, of a reset that answers nothing: "In other cases, it holds the next expected Re-configuration Request Sequence Number minus 1."', () => {
  const { network, z, peer } = reconfiguring({}, { initialTsn: 1_000 });
  ask(z, { kind: 'reset outgoing streams', streamIds: [1] });
  network.run({ forMs: 50 });
  expect(requestsTo(peer)).toMatchObject([{ responseSequenceNumber: 999 }]);
});

it('what waits when the peer begins to shut down is given back: it takes no requests any more', () => {
  const { network, z, peer } = reconfiguring();
  z.send(z.association, message);
  ask(z, { kind: 'add incoming streams', count: 1 });
  ask(z, { kind: 'reset incoming streams', streamIds: [1] });
  network.run({ forMs: 50 });
  peer.send(peer.shutdown(0));
  network.run({ forMs: 50 });
  peer.send(reconfig(response(requestsTo(peer)[0]!.requestSequenceNumber, 1)));
  network.run({ forMs: 50 });
  expect(resultsOf(z)).toContain('streamsReset error');
  expect(requestsTo(peer)).toHaveLength(1);
});
