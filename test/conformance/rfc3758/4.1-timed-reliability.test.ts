import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../../src/simulation/index.ts';
import { pattern } from '../../support/messages.ts';
import { eventsOf } from '../../support/pair.ts';
import { connected, dataTo } from '../stage.ts';

const supported = { parameters: [{ kind: 'Forward-TSN-Supported' as const }] };
const message = (ppid: number, lifetimeMs?: number): OutgoingMessage => ({
  data: pattern(ppid, 1_000),
  ppid,
  ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
});

it('"in the base protocol, if SCTP has sent the first transmission before the lifetime expires, then the message MUST be sent as a normal reliable message."', () => {
  const { network, z, peer } = connected();
  z.send(z.association, message(1, 500));
  network.run({ forMs: 5_000 });
  expect(dataTo(peer).length).toBeGreaterThan(1);
  expect(eventsOf(z, 'abandoned')).toEqual([]);
});

describe('where both sides have it', () => {
  it('TR2: "the SCTP sender MUST treat the message just as if it were a normal reliable SCTP message, as long as the lifetime has not yet expired."', () => {
    const { network, z, peer } = connected({}, supported);
    z.send(z.association, message(1, 4_000));
    network.run({ forMs: 3_500 });
    expect(dataTo(peer)).toHaveLength(3);
    expect(eventsOf(z, 'abandoned')).toEqual([]);
  });

  it('TR3: "Before assigning a TSN to any message, the SCTP sender MUST evaluate the lifetime of that message. If it is expired, the SCTP sender MUST NOT assign a TSN to that message, but instead, SHOULD issue a notification to the upper layer and abandon the message."', () => {
    // The window takes the first message only.
    const { network, z, peer } = connected({}, { ...supported, aRwnd: 1_500 });
    for (const each of [message(1), message(2, 500), message(3)]) z.send(z.association, each);
    network.run({ forMs: 600 });
    peer.send(peer.sack(1));
    network.run({ forMs: 100 });
    expect(dataTo(peer).map(({ tsn, fragment }) => [tsn - peer.peerInitialTsn, fragment.ppid])).toEqual([
      [0, 1],
      [1, 3],
    ]);
    expect(eventsOf(z, 'abandoned')).toMatchObject([{ message: { ppid: 2 }, wasSent: false }]);
  });

  it('TR4: "Before transmitting or retransmitting a message for which a TSN is already assigned, the SCTP sender MUST evaluate the lifetime of the message. If the lifetime of the message is expired, the SCTP sender MUST "abandon" the message, as per the rules specified in Section 3.5 marking that TSN as eligible for forward TSN."', () => {
    const { network, z, peer } = connected({}, supported);
    z.send(z.association, message(1, 500));
    network.run({ forMs: 1_100 });
    expect(dataTo(peer)).toHaveLength(1);
    expect(eventsOf(z, 'abandoned')).toMatchObject([{ wasSent: true }]);
    expect(peer.latest('FORWARD-TSN').newCumulativeTsn).toBe(peer.peerInitialTsn);
  });
});
