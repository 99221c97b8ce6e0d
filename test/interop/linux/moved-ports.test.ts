import { beforeAll, expect, it } from 'vitest';
import { Gate } from '../../support/gate.ts';
import { exchange } from '../echo.ts';
import type { Pattern } from '../usrsctp/pattern.ts';
import { eitherConnects, establish } from './established.ts';
import { impatience, kernelImpatience } from './impatience.ts';
import { type Rules, setRules, udpPort } from './network.ts';
import { describeWithKernel } from './setting.ts';

const pattern: Pattern = { seed: 19, messages: 1_000, streams: 16, minSize: 1, maxSize: 100_000 };
const ourUdpPort = 9_898;
const movedPort = 9_990;

/** As a NAT that has forgotten its binding: packets of the kernel come from another port, and reach it there only. */
const kernelMoves: Rules = {
  arriving: [`iifname "link*" udp sport ${udpPort} udp sport set ${movedPort}`],
  leaving: [
    `oifname "link*" udp dport ${udpPort} drop`,
    `oifname "link*" udp dport ${movedPort} udp dport set ${udpPort}`,
  ],
};
/** The same for ours. */
const weMove: Rules = {
  arriving: [
    `iifname "link*" udp dport ${ourUdpPort} drop`,
    `iifname "link*" udp dport ${movedPort} udp dport set ${ourUdpPort}`,
  ],
  leaving: [`oifname "link*" udp sport ${ourUdpPort} udp sport set ${movedPort}`],
};

describeWithKernel('a UDP port moves in the midst of traffic, and back', (setting) => {
  // Its first packet goes to the port that it is told.
  beforeAll(() => setting.guest.set({ ...kernelImpatience, 'net.sctp.encap_port': ourUdpPort }));

  const cases = (['the kernel', 'ours'] as const).flatMap((whose) =>
    eitherConnects.map((connecting) => [whose, connecting] as const),
  );
  it.each(cases)('%s; %s connecting', async (whose, connecting) => {
    const { association, peer } = await establish(setting, connecting, { ...impatience, udpPort: ourUdpPort });
    await peer.tell('echo');
    const gate = new Gate();
    const move = async (): Promise<void> => {
      for (const rules of [whose === 'ours' ? weMove : kernelMoves, {}]) {
        gate.open(600_000);
        await gate.after(300_000);
        setRules(rules);
        gate.open(600_000);
        await gate.after(600_000);
        if (whose === 'ours') continue;
        const port = rules === kernelMoves ? movedPort : udpPort;
        await expect.poll(() => association.paths[0]?.address.udpPort, { timeout: 10_000 }).toBe(port);
      }
      gate.open(Number.POSITIVE_INFINITY);
    };
    const [{ received }] = await Promise.all([exchange(association, pattern, gate), move()]);
    expect(received).toBe(pattern.messages);
    await association.close();
    await peer.event('ended');
  });
});
