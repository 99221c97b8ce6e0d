import { describe, expect, it } from 'vitest';
import type { OwnAddresses } from '../../../src/association/addresses.ts';
import { introductionBy, toldBy } from '../../../src/association/introduction.ts';
import { HostSources } from '../../../src/simulation/host-sources.ts';

const at = (ip: string) => ({ ip, udpPort: 9899 });

describe('what a State Cookie keeps of the addresses that an INIT ACK has told', () => {
  it('are places in the list of those that were bound', () => {
    const own: OwnAddresses = { localAddresses: ['10.0.0.1', '10.0.0.2', 'fd00::1'].map(at), sources: undefined };
    const introduction = introductionBy(own, ['fd00::1', '10.0.0.1'], '10.0.0.2');
    expect(introduction).toEqual({ version: 0, source: 1, listed: [2, 0] });
    expect(toldBy(own, introduction)).toEqual({ listed: ['fd00::1', '10.0.0.1'], source: '10.0.0.2' });
  });

  it('a source that is not known stays so', () => {
    const own: OwnAddresses = { localAddresses: [], sources: undefined };
    expect(toldBy(own, introductionBy(own, [], undefined))).toEqual({ listed: [], source: undefined });
    expect(toldBy(own, introductionBy(own, [], '10.0.0.1'))).toEqual({ listed: [], source: undefined });
  });

  it('means nothing once the host has other addresses', () => {
    const sources = new HostSources([at('10.0.0.1'), at('10.0.0.2')], [], 0, () => 0);
    const own: OwnAddresses = { localAddresses: [], sources };
    const introduction = introductionBy(own, ['10.0.0.1', '10.0.0.2'], '10.0.0.1');
    expect(toldBy(own, introduction).listed).toEqual(['10.0.0.1', '10.0.0.2']);
    sources.change([at('10.0.0.3'), at('10.0.0.2')]);
    expect(toldBy(own, introduction)).toEqual({ listed: [], source: undefined });
  });

  it('leaves out what has no place of one byte', () => {
    const localAddresses = Array.from({ length: 300 }, (_, i) => at(`10.0.${i >> 8}.${i & 255}`));
    const own: OwnAddresses = { localAddresses, sources: undefined };
    expect(introductionBy(own, ['10.0.0.253', '10.0.0.254', '10.0.1.0'], '10.0.1.1')).toEqual({
      version: 0,
      source: undefined,
      listed: [253],
    });
  });
});
