import { expect, it } from 'vitest';
import { pattern } from '../../support/messages.ts';
import { connected } from '../stage.ts';
import { iDataTo, speaksIData } from './i-data.ts';

it('"If the implementation is used for WebRTC data channels, as specified in [DATA-CHAN], it MUST implement the Weighted Fair Queueing Scheduler defined in Section 3.6."', () => {
  const options = {
    interleaving: true,
    scheduler: 'weighted-fair-queueing',
    initialCwndPackets: 80,
    maxBurst: 0,
  } as const;
  const { network, z, peer } = connected(options, { parameters: speaksIData, aRwnd: 10 ** 6 });
  z.command(() => z.association.setStreamShare(1, { weight: 3 }));
  z.feed(
    z.association,
    [0, 1].map((streamId) => ({ data: pattern(0, 200_000), streamId })),
  );
  network.run({ forMs: 30 });
  const bytes = [0, 0];
  for (const { fragment } of iDataTo(peer)) bytes[fragment.streamId]! += fragment.payload.length;
  expect(bytes[0]! + bytes[1]!).toBeGreaterThan(80_000);
  expect(bytes[1]! / bytes[0]!).toBeGreaterThan(2.5);
  expect(bytes[1]! / bytes[0]!).toBeLessThan(3.5);
});
