import { describe, expect, it } from 'vitest';
import { messages } from '../../support/messages.ts';
import { establishedPair } from '../../support/pair.ts';
import { connected, dataTo, type Stage } from '../stage.ts';

/** The TSNs of the DATA chunks that the peer has received, counted from 1. */
function numbersTo({ peer }: Stage): number[] {
  return dataTo(peer).map(({ tsn }) => tsn - peer.peerInitialTsn + 1);
}

/** Full packets. */
const payload = 1_444;

describe('"The following general rules MUST be applied by the data sender for transmission and/or retransmission of outbound DATA chunks"', () => {
  it('A: "A zero window probe MUST only be sent when the cwnd allows"', () => {
    const all = connected();
    const { network, z, peer } = all;
    z.feed(z.association, messages(6, payload));
    network.run({ forMs: 50 });
    peer.send(peer.sack(numbersTo(all).at(-1)!, [], 0));
    network.run({ forMs: 50 });
    peer.host.arrivals.length = 0;
    // After T3-rtx cwnd has room for one packet: what was sent into the closed window is sent again, and nothing beside it.
    network.run({ forMs: 8_000 });
    const { cwnd, flightSize } = z.association.paths[0]!;
    expect(flightSize).toBeLessThanOrEqual(cwnd);
    expect(new Set(numbersTo(all)).size).toBe(1);
  });

  it('A: "The sender MUST also have an algorithm for sending new DATA chunks to avoid silly window syndrome (SWS) as described in [RFC1122]."', () => {
    const all = connected();
    const { network, z, peer } = all;
    z.feed(z.association, messages(6, payload));
    network.run({ forMs: 50 });
    // Room for less than the next message: no smaller piece of it is sent.
    peer.send(peer.sack(numbersTo(all).at(-1)!, [], 700));
    network.run({ forMs: 50 });
    const lengths = dataTo(peer).map(({ fragment }) => fragment.payload.length);
    expect(new Set(lengths)).toEqual(new Set([payload]));
  });

  it('C: "before sending new DATA chunks, the sender MUST first transmit any DATA chunks that are marked for retransmission (limited by the current cwnd)."', () => {
    const all = connected();
    const { network, z, peer } = all;
    z.feed(z.association, messages(12, payload));
    network.run({ forMs: 50 });
    const first = numbersTo(all);
    network.run({ forMs: 1_000 });
    // T3-rtx has expired for all of them, and one packet may be in flight.
    expect(numbersTo(all)).toEqual([...first, 1]);
    peer.send(peer.sack(1));
    network.run({ forMs: 50 });
    expect(numbersTo(all).slice(first.length + 1)[0]).toBe(2);
  });

  it('T3-rtx: "Otherwise, the data sender MUST NOT restart the timer."', () => {
    const { network, a, z } = establishedPair();
    network.link(a, z).cut();
    a.feed(a.association, messages(1, 100));
    const start = network.now;
    network.after(600, () => a.feed(a.association, messages(1, 100)));
    network.run({ forMs: 1_500 });
    const times = network.packets.map(({ timeMs }) => timeMs - start);
    expect(times).toEqual([0, 600, 1_000]);
  });

  it('§1.6: "An endpoint SHOULD NOT transmit a DATA chunk with a TSN that is more than 2^31 - 1 above the beginning TSN of its current send window." "For each stream, the data sender MUST NOT have more than 2^16 - 1 ordered user messages in the current send window."', () => {
    const all = connected({ maxBurst: 0, initialCwndPackets: 1_000 }, { aRwnd: 100_000_000 });
    const { network, z, peer } = all;
    z.feed(z.association, messages(70_000, 1));
    // All but the first have arrived, again and again: the window does not move.
    let highest = 0;
    for (;;) {
      network.run({ forMs: 50 });
      const now = Math.max(highest, ...numbersTo(all));
      peer.host.arrivals.length = 0;
      if (now === highest) break;
      highest = now;
      peer.send(peer.sack(0, [[2, highest]]));
    }
    expect(highest).toBe(0xffff);
  });
});
