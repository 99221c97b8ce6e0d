import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Network } from '../../../src/simulation/index.ts';
import { isBehind, noteArrival, PatientTimer } from '../../../src/transport/patient-timer.ts';
import { SimulatedLoop, type SimulatedSocket } from '../../support/simulated-loop.ts';

// The rule by which timers wait for the sockets, on a clock that only moves when it is told to.

describe('a patient timer', () => {
  let network: Network;
  let loop: SimulatedLoop;
  let socket: SimulatedSocket;
  let arrived: number;
  let journal: string[];
  let onPacket: () => void;

  beforeEach(async () => {
    network = new Network();
    loop = new SimulatedLoop(network);
    socket = loop.socket('10.0.0.1');
    arrived = 0;
    journal = [];
    onPacket = () => {};
    await socket.open({
      handlePacket() {
        noteArrival();
        arrived++;
        onPacket();
      },
      handleError() {},
    });
  });

  afterEach(() => {
    loop.end();
  });

  function timer(name: string): PatientTimer {
    return new PatientTimer(() => journal.push(`${name} at ${network.now} behind ${arrived} packets`));
  }

  function fill(count: number): void {
    const from = { ip: '10.0.0.9', udpPort: 9899 };
    for (let n = 0; n < count; n++) socket.handlePacket(new Uint8Array(12), from, socket.addresses[0]);
  }

  it('ends when its time has come, where nothing waits', async () => {
    timer('one').start(100);
    expect(isBehind()).toBe(false);
    await loop.run(200);
    expect(journal).toEqual(['one at 100 behind 0 packets']);
    expect(isBehind()).toBe(false);
  });

  it('ends behind what came while the loop was busy, whatever that takes', async () => {
    timer('one').start(100);
    network.at(50, () => fill(100));
    loop.block(2_000);
    let late = 0;
    onPacket = () => {
      if (isBehind()) late++;
    };
    await loop.run(10);
    expect(journal).toEqual(['one at 2000 behind 100 packets']);
    expect(loop.phases).toBe(4);
    expect(late).toBe(100);
    expect(isBehind()).toBe(false);
  });

  it('waits for one phase more where one was full, and no longer', async () => {
    timer('one').start(100);
    loop.block(200);
    fill(32);
    onPacket = () => {
      if (arrived === 32) fill(5);
      if (arrived === 37) network.after(0, () => fill(500));
    };
    await loop.run(1);
    expect(journal).toEqual(['one at 200 behind 37 packets']);
  });

  it('waits for 128 phases at most: a flood stops no timer', async () => {
    timer('one').start(100);
    loop.block(200);
    fill(64);
    onPacket = () => {
      if (arrived < 32 * 1_000) fill(1);
    };
    await loop.run(1);
    expect(journal[0]).toBe(`one at 200 behind ${128 * 32} packets`);
  });

  it('trusts no phase behind which the loop was busy, but for eight of them', async () => {
    timer('one').start(100);
    loop.block(200);
    let turns = 0;
    const work = () => {
      turns++;
      loop.block(20);
      if (turns < 100) setImmediate(work);
    };
    setImmediate(work);
    await loop.run(1_000);
    expect(journal).toEqual(['one at 360 behind 0 packets']);
  });

  it('can be stopped and started anew while it waits', async () => {
    const [one, other] = [timer('one'), timer('other')];
    one.start(100);
    other.start(100);
    loop.block(200);
    fill(40);
    onPacket = () => {
      if (arrived !== 1) return;
      expect(one.isRunning).toBe(true);
      one.stop();
      expect(one.isRunning).toBe(false);
      other.start(50);
    };
    await loop.run(200);
    expect(journal).toEqual(['other at 250 behind 40 packets']);
  });

  it('is not stopped by another one that throws', async () => {
    const bad = new PatientTimer(() => {
      journal.push('bad');
      throw new Error('a mistake');
    });
    bad.start(100);
    timer('one').start(100);
    await expect(loop.run(200)).rejects.toThrow('a mistake');
    await loop.run(200);
    expect(journal.map((entry) => entry.split(' ')[0])).toEqual(['bad', 'one']);
  });
});
