import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Association } from '../../../src/association/association.ts';
import type { Demand } from '../../../src/association/demand.ts';
import type { AssociationEvent } from '../../../src/association/events.ts';
import type { NetAddress } from '../../../src/base/address.ts';
import { type DrivenEndpoint, Driver, type DriverOwner } from '../../../src/driver/driver.ts';
import type { Transport, TransportReceiver } from '../../../src/transport/transport.ts';

const peer: NetAddress = { ip: '10.0.0.2', udpPort: 9899 };

/** An endpoint that does what the test wrote on its slips of paper. */
class ScriptedEndpoint implements DrivenEndpoint {
  readonly journal: string[] = [];
  transmits: number[] = [];
  events: { association: Association; event: AssociationEvent }[] = [];
  nextTimeout: number = Number.POSITIVE_INFINITY;
  demand: Demand = 'answer';
  onPacket: (packet: Uint8Array) => void = () => {};
  onTimeout: () => void = () => {};

  handlePacket(packet: Uint8Array): Demand {
    this.journal.push(`packet ${packet[0]}`);
    this.onPacket(packet);
    return this.demand;
  }

  handleTimeout(): void {
    this.journal.push('timeout');
    this.nextTimeout = Number.POSITIVE_INFINITY;
    this.onTimeout();
  }

  pollTransmit(): ReturnType<DrivenEndpoint['pollTransmit']> {
    const next = this.transmits.shift();
    return next === undefined ? undefined : { packet: Uint8Array.of(next), to: peer, from: undefined };
  }

  pollEvent(): ReturnType<DrivenEndpoint['pollEvent']> {
    return this.events.shift();
  }

  reclaim(packet: Uint8Array): void {
    this.journal.push(`${packet[0]} is back`);
  }
}

class ScriptedTransport implements Transport {
  isDrained: (() => boolean) | undefined;
  readonly properties = { overhead: 0, maxPacketSize: 1500, isDrained: () => this.isDrained?.() === true };
  readonly addresses = [];
  readonly sent: number[] = [];
  receiver: TransportReceiver | undefined;
  isClosed = false;
  onSend: () => void = () => {};

  async open(receiver: TransportReceiver): Promise<void> {
    this.receiver = receiver;
  }

  send(packet: Uint8Array): void {
    this.sent.push(packet[0]!);
    this.onSend();
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** To the driver an association is where its handler is, and nothing else. */
function someAssociation(): Association {
  return {} as Association;
}

const nobody: DriverOwner = { handleAssociation() {}, handleTransportError() {} };

describe('Driver', () => {
  let endpoint: ScriptedEndpoint;
  let transport: ScriptedTransport;

  beforeEach(() => {
    endpoint = new ScriptedEndpoint();
    transport = new ScriptedTransport();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  async function open(owner: Partial<DriverOwner> = {}): Promise<Driver> {
    const driver = new Driver(endpoint, transport, { ...nobody, ...owner });
    await driver.open();
    return driver;
  }

  it('drains all outputs after a packet', async () => {
    await open();
    endpoint.onPacket = () => {
      endpoint.transmits = [1, 2, 3];
    };
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    expect(transport.sent).toEqual([1, 2, 3]);
  });

  it('writes the SACK chunk that a packet calls for before it takes the next one, and sends all at the end of the turn', async () => {
    await open();
    const demands: Demand[] = ['delivery', 'acknowledgement', 'nothing', 'acknowledgement', 'acknowledgement'];
    const waiting: string[] = [];
    endpoint.onPacket = (packet) => {
      endpoint.demand = demands[packet[0]! - 1]!;
      waiting.push(endpoint.transmits.join());
      if (endpoint.demand === 'acknowledgement') endpoint.transmits.push(packet[0]!);
    };
    for (let i = 1; i <= 5; i++) transport.receiver?.handlePacket(Uint8Array.of(i), peer, undefined);
    // When a packet is taken, none is left to be written.
    expect(waiting).toEqual(['', '', '', '', '']);
    expect(transport.sent).toEqual([]);
    await setImmediate();
    expect(transport.sent).toEqual([2, 4, 5]);
  });

  it('lets no more than 32 packets wait for the end of the turn, and gives their memory back in one piece', async () => {
    await open();
    endpoint.demand = 'acknowledgement';
    transport.isDrained = () => true;
    endpoint.onPacket = (packet) => endpoint.transmits.push(packet[0]!);
    for (let i = 1; i <= 34; i++) transport.receiver?.handlePacket(Uint8Array.of(i), peer, undefined);
    const first = Array.from({ length: 32 }, (_, n) => n + 1);
    expect(transport.sent).toEqual(first);
    expect(endpoint.journal.filter((entry) => entry.endsWith('back'))).toEqual(
      first.reverse().map((number) => `${number} is back`),
    );
    await setImmediate();
    expect(transport.sent.slice(32)).toEqual([33, 34]);
  });

  it('sends what it holds before anything else', async () => {
    const driver = await open();
    endpoint.demand = 'acknowledgement';
    endpoint.onPacket = (packet) => endpoint.transmits.push(packet[0]!);
    for (let i = 1; i <= 3; i++) transport.receiver?.handlePacket(Uint8Array.of(i), peer, undefined);
    endpoint.transmits.push(9);
    await driver.close();
    expect(transport.sent).toEqual([1, 2, 3, 9]);
  });

  it('lets a packet that calls for a SACK chunk be read at once', async () => {
    const association = someAssociation();
    const driver = await open();
    const seen: string[] = [];
    driver.attach(association, (event) => seen.push(`${event.kind} after ${transport.sent.length}`));
    endpoint.demand = 'acknowledgement';
    endpoint.transmits = [1];
    endpoint.events = [{ association, event: { kind: 'readable' } }];
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    expect(seen).toEqual(['readable after 0']);
    await setImmediate();
    expect(transport.sent).toEqual([1]);
  });

  it('answers the packets of one turn together where nothing is due, and lets them be read at once', async () => {
    const association = someAssociation();
    const driver = await open();
    const seen: string[] = [];
    driver.attach(association, (event) => seen.push(event.kind));
    endpoint.demand = 'delivery';
    endpoint.onPacket = () => {
      endpoint.transmits = [1];
      endpoint.events = [{ association, event: { kind: 'readable' } }];
    };
    for (let i = 0; i < 3; i++) transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    expect(transport.sent).toEqual([]);
    expect(seen).toEqual(['readable', 'readable', 'readable']);
    await setImmediate();
    expect(transport.sent).toEqual([1]);
  });

  it('lets what a SACK sets free wait for the end of the turn, events and all', async () => {
    const association = someAssociation();
    const driver = await open();
    const seen: string[] = [];
    driver.attach(association, (event) => seen.push(event.kind));
    endpoint.demand = 'nothing';
    endpoint.onPacket = () => {
      endpoint.transmits = [1];
      endpoint.events = [{ association, event: { kind: 'writable' } }];
    };
    for (let i = 0; i < 3; i++) transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    expect([transport.sent, seen]).toEqual([[], []]);
    await setImmediate();
    expect([transport.sent, seen]).toEqual([[1], ['writable']]);
  });

  it('drains once for many commands, when the caller and its microtasks have come to rest', async () => {
    const driver = await open();
    const poll = vi.spyOn(endpoint, 'pollEvent');
    for (let i = 0; i < 1000; i++) {
      endpoint.transmits.push(i % 256);
      driver.schedule();
      if (i % 100 === 0) await undefined;
    }
    expect(transport.sent).toEqual([]);
    await setImmediate();
    expect(transport.sent).toHaveLength(1000);
    expect(poll).toHaveBeenCalledTimes(1);
  });

  it('takes a packet that arrives from inside of send along, without being entered again', async () => {
    await open();
    endpoint.transmits = [1];
    transport.onSend = () => {
      transport.onSend = () => {};
      transport.receiver?.handlePacket(Uint8Array.of(8), peer, undefined);
      endpoint.journal.push('back in send');
    };
    endpoint.onPacket = (packet) => {
      if (packet[0] === 8) endpoint.transmits.push(2);
    };
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    await setImmediate();
    expect(endpoint.journal).toEqual(['packet 7', 'packet 8', 'back in send']);
    expect(transport.sent).toEqual([1, 2]);
  });

  it('gives the memory of a packet back once the transport has done with it', async () => {
    await open();
    endpoint.onPacket = () => {
      endpoint.transmits = [1, 2, 3];
    };
    transport.isDrained = () => transport.sent.at(-1) !== 2;
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    expect(endpoint.journal).toEqual(['packet 7', '1 is back', '3 is back']);
  });

  it('hands events over only when nothing is left to be sent', async () => {
    const association = someAssociation();
    const driver = await open();
    const seen: string[] = [];
    driver.attach(association, (event) => seen.push(`${event.kind} after ${transport.sent.length}`));
    endpoint.onPacket = () => {
      endpoint.transmits = [1, 2];
      endpoint.events = [{ association, event: { kind: 'readable' } }];
    };
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    await setImmediate();
    expect(seen).toEqual(['readable after 2']);
  });

  it('offers an association that nobody asked for to its owner, before the rest of its events', async () => {
    const association = someAssociation();
    const seen: string[] = [];
    const driver = await open({
      handleAssociation(offered) {
        expect(offered).toBe(association);
        driver.attach(offered, (event) => seen.push(event.kind));
      },
    });
    endpoint.onPacket = () => {
      endpoint.events = [
        { association, event: { kind: 'established' } },
        { association, event: { kind: 'readable' } },
      ];
    };
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    await setImmediate();
    expect(seen).toEqual(['established', 'readable']);
  });

  it('survives a handler that throws, and reports what it threw as uncaught', async () => {
    const association = someAssociation();
    const driver = await open();
    const seen: string[] = [];
    driver.attach(association, (event) => {
      seen.push(event.kind);
      if (event.kind === 'readable') throw new Error('a mistake of the user');
    });
    const uncaught: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => uncaught.push(error));
    endpoint.onPacket = () => {
      endpoint.events = [
        { association, event: { kind: 'readable' } },
        { association, event: { kind: 'writable' } },
      ];
    };
    transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
    await setImmediate();
    for (const listener of others) process.on('uncaughtException', listener);
    expect(seen).toEqual(['readable', 'writable']);
    expect(uncaught).toEqual([new Error('a mistake of the user')]);
  });

  it('closes after what is due has been sent, and is deaf afterwards', async () => {
    const driver = await open();
    endpoint.transmits = [1];
    endpoint.nextTimeout = 0;
    await driver.close();
    expect(transport.sent).toEqual([1]);
    expect(transport.isClosed).toBe(true);
    driver.handlePacket(Uint8Array.of(7), peer, undefined);
    driver.schedule();
    await setImmediate();
    expect(endpoint.journal).toEqual([]);
  });

  it('tells its owner when the transport fails', async () => {
    const errors: Error[] = [];
    await open({ handleTransportError: (error) => errors.push(error) });
    transport.receiver?.handleError(new Error('cable cut'));
    expect(errors).toEqual([new Error('cable cut')]);
  });

  describe('timer', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    });

    async function input(): Promise<void> {
      transport.receiver?.handlePacket(Uint8Array.of(7), peer, undefined);
      await setImmediate();
    }

    it('is one, for the next deadline', async () => {
      await open();
      endpoint.nextTimeout = performance.now() + 100;
      await input();
      await input();
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(99);
      expect(endpoint.journal).not.toContain('timeout');
      await vi.advanceTimersByTimeAsync(1);
      expect(endpoint.journal).toEqual(['packet 7', 'packet 7', 'timeout']);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('is armed again for an earlier deadline', async () => {
      await open();
      endpoint.nextTimeout = performance.now() + 1000;
      await input();
      endpoint.nextTimeout = performance.now() + 10;
      await input();
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(10);
      expect(endpoint.journal).toContain('timeout');
    });

    it('stays as it is for a later deadline, and is then armed for the rest', async () => {
      await open();
      const arm = vi.spyOn(globalThis, 'setTimeout');
      for (let i = 0; i < 100; i++) {
        endpoint.nextTimeout = performance.now() + 100 + i;
        await input();
      }
      expect(arm).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(198);
      expect(endpoint.journal).not.toContain('timeout');
      await vi.advanceTimersByTimeAsync(1);
      expect(endpoint.journal).toContain('timeout');
      expect(arm).toHaveBeenCalledTimes(2);
    });

    it('waits for longer than setTimeout can', async () => {
      await open();
      endpoint.nextTimeout = performance.now() + 3_000_000_000;
      await input();
      await vi.advanceTimersByTimeAsync(2_999_999_999);
      expect(endpoint.journal).not.toContain('timeout');
      await vi.advanceTimersByTimeAsync(1);
      expect(endpoint.journal).toContain('timeout');
    });

    it('is gone when the driver is closed', async () => {
      const driver = await open();
      endpoint.nextTimeout = performance.now() + 100;
      await input();
      await driver.close();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
