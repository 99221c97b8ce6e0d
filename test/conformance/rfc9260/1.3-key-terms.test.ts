import { expect, it } from 'vitest';
import { messages } from '../../support/messages.ts';
import { pair } from '../../support/pair.ts';
import { allPackets } from '../stage.ts';

it('"All transport addresses used by an SCTP endpoint MUST use the same port number but can use multiple IP addresses."', () => {
  const { network, a, z } = pair({
    a: { addresses: ['10.0.0.1', '10.0.1.1'] },
    z: { addresses: ['10.0.0.2', '10.0.1.2'] },
  });
  a.connect(z);
  network.run({ until: () => z.associations.length === 1 });
  a.feed(a.association, messages(10, 1_000));
  network.run({ forMs: 5_000 });
  expect(new Set(network.packets.map(({ from }) => from.ip)).size).toBe(4);
  const ports = new Set(allPackets(network).map(({ sourcePort }) => sourcePort));
  expect(ports).toEqual(new Set([5000, 5001]));
});
