import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodePacket } from '../../src/chunks/index.ts';
import { listen } from '../../src/index.ts';
import { tap, UdpTransport } from '../../src/transport/index.ts';
import { freeUdpPort } from '../support/udp-port.ts';
import { accept, echo } from './echo.ts';
import type { Pattern } from './usrsctp/pattern.ts';
import { hasPeer, patternOptions } from './usrsctp/peer.ts';
import { Setting } from './usrsctp/setting.ts';

// usrsctp grows by SACK chunks: Max.Burst 4, L = 1. Over a path with a delay its packets come to us in bursts, many in one turn of the
// event loop. What counts is how many SACK chunks it gets, not how long that takes.

/** 2 MiB; every message is far larger than a packet. */
const pattern: Pattern = { seed: 1, messages: 32, streams: 1, minSize: 65_536, maxSize: 65_536 };

describe.skipIf(!hasPeer)('usrsctp, 25 ms away', () => {
  let setting: Setting;
  beforeEach(() => {
    setting = new Setting({ seed: 1, delayMs: 25 });
  });
  afterEach(() => setting.close());

  it('gets a SACK chunk for every second packet, however many come in one turn', async () => {
    const packets = { withData: 0, sacks: 0 };
    const udpPort = await freeUdpPort();
    const udp = new UdpTransport({ host: '127.0.0.1', udpPort });
    const transport = tap(udp, (direction, packet) => {
      const kinds = decodePacket(packet)?.chunks.map(({ kind }) => kind) ?? [];
      if (direction === 'in' && kinds.includes('DATA')) packets.withData++;
      if (direction === 'out' && kinds.includes('SACK')) packets.sacks++;
    });
    const endpoint = await listen({ port: 5001, transport });
    const peer = await setting.usrsctpClient(udpPort, { ...patternOptions(pattern), mtu: 1_280 });
    const association = await accept(endpoint);
    await echo(association, pattern);
    expect(await peer.event('result')).toMatchObject({ received: 32, errors: 0, ok: true });
    await endpoint.close();
    expect(packets.withData).toBeGreaterThan(1_500);
    expect(packets.sacks).toBeGreaterThanOrEqual(Math.floor(packets.withData / 2));
  });
});
