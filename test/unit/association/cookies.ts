import { noCapabilities } from '../../../src/association/capabilities.ts';
import type { StateCookie } from '../../../src/association/state-cookie.ts';
import { tsn } from '../../../src/base/serial.ts';

export const exampleCookie: StateCookie = {
  createdAt: 1_234_567,
  lifespanMs: 60_000,
  localTag: 0xfedc_ba98,
  peerTag: 0x0123_4567,
  localTieTag: 0xffff_ffff,
  peerTieTag: 1,
  localInitialTsn: tsn(0xffff_fff0),
  peerInitialTsn: tsn(7),
  peerARwnd: 0xffff_ffff,
  outboundStreams: 1_024,
  inboundStreams: 65_535,
  localPort: 9_999,
  peerPort: 65_535,
  peerAddresses: [
    { ip: '192.0.2.1', udpPort: 9_899 },
    { ip: '2001:db8::1', udpPort: 0 },
  ],
  introduction: { version: 3, source: undefined, listed: [0, 254] },
  capabilities: { ...noCapabilities, partialReliability: true },
};
