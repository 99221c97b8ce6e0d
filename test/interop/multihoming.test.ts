import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SctpAssociation } from '../../src/index.ts';
import { Gate } from '../support/gate.ts';
import type { RelayedPath } from '../support/path-relay.ts';
import { accept, echo, exchange } from './echo.ts';
import { clientAliases, MultiHomedSetting, serverAliases } from './usrsctp/multihomed-setting.ts';
import { fullPattern, type Pattern } from './usrsctp/pattern.ts';
import { hasPeer, type Peer, patternOptions } from './usrsctp/peer.ts';

const mebibyte = 1024 * 1024;
const pattern: Pattern = { ...fullPattern, messages: 12_500 };
const everything = { sent: 12_500, received: 12_500, orderOk: true, contentOk: true, errors: 0, ok: true };
/** Four stages, each an eighth of what there is to do, and the rest. */
const stage = 6 * mebibyte;

/** HEARTBEAT and HEARTBEAT ACK, and what every association has that carries messages. */
const chunks = [0, 1, 2, 3, 4, 5, 10, 11];

/** How one end sees the paths, by the addresses that it knows. */
interface View {
  /** Waits until the path to that address has failed, or works again. */
  sees(path: number, what: 'down' | 'up'): Promise<void>;
  /** What its user was told of the path to that address, in order. */
  told(path: number): string[];
}

function ourView(association: SctpAssociation, addresses: readonly string[]): View {
  const changes: { readonly ip: string; readonly state: string }[] = [];
  association.on('pathChange', ({ address, state }) => changes.push({ ip: address.ip, state }));
  const stateOf = (path: number): string | undefined =>
    association.paths.find(({ address }) => address.ip === addresses[path])?.state;
  return {
    async sees(path, what) {
      await expect.poll(() => stateOf(path), { timeout: 10_000 }).toBe(what === 'down' ? 'inactive' : 'active');
    },
    told: (path) => changes.filter(({ ip }) => ip === addresses[path]).map(({ state }) => state),
  };
}

function usrsctpView(peer: Peer, addresses: readonly string[]): View {
  const told = (path: number): string[] =>
    peer.events
      .filter(({ event, address }) => event === 'path' && address === addresses[path])
      .map(({ state }) => `${state}`);
  return {
    async sees(path, what) {
      const state = what === 'down' ? 'unreachable' : 'available';
      await expect.poll(() => told(path).at(-1), { timeout: 10_000 }).toBe(state);
    },
    told,
  };
}

/** In the middle of the traffic through `gate`: cuts each path, until everybody has seen it, and heals it. */
async function disturb(paths: readonly RelayedPath[], gate: Gate, views: readonly View[]): Promise<void> {
  for (const [index, path] of paths.entries()) {
    const everybodySees = (what: 'down' | 'up') => Promise.all(views.map((view) => view.sees(index, what)));
    gate.open(stage);
    await gate.after(stage / 4);
    path.cut();
    await everybodySees('down');
    gate.open(stage);
    await gate.after(stage / 4);
    path.heal();
    await everybodySees('up');
  }
  gate.open(Number.POSITIVE_INFINITY);
}

/** Whether `words` come in that order, with or without others between them. */
function inOrder(words: readonly string[], ...expected: string[]): boolean {
  let next = 0;
  for (const word of words) if (word === expected[next]) next++;
  return next === expected.length;
}

describe('50 MiB each way, while each path in turn is cut and healed', () => {
  let setting: MultiHomedSetting;
  let gate: Gate;
  beforeEach(() => {
    setting = new MultiHomedSetting();
    gate = new Gate();
  });
  afterEach(() => setting.close());

  const expectOurStory = (view: View): void => {
    for (const path of setting.pathRelay.paths.keys()) {
      expect(view.told(path)).toSatisfy((states: string[]) =>
        inOrder(states, 'potentially-failed', 'inactive', 'active'),
      );
    }
  };
  const expectUsrsctpStory = (view: View): void => {
    for (const path of setting.pathRelay.paths.keys()) {
      expect(view.told(path)).toSatisfy((states: string[]) => inOrder(states, 'unreachable', 'available'));
    }
  };

  it.each([
    { network: 'a plain network', isNat: false },
    { network: 'a NAT for each path', isNat: true },
  ])('between our own ends, over $network', async ({ isNat }) => {
    setting = new MultiHomedSetting({ isNat });
    const endpoint = await setting.listen();
    const client = await setting.connectTo(endpoint);
    const server = await accept(endpoint);
    const views = [ourView(client, serverAliases), ourView(server, clientAliases)];
    const [{ bytes, received }, echoed] = await Promise.all([
      exchange(client, pattern, gate).finally(() => client.close()),
      echo(server, pattern),
      disturb(setting.pathRelay.paths, gate, views),
    ]);
    expect(bytes).toBeGreaterThan(50 * mebibyte);
    expect(received).toBe(pattern.messages);
    expect(echoed).toMatchObject({ bytes, received });
    for (const view of views) expectOurStory(view);
    expect(await server.closed).toMatchObject({ graceful: true });
    await endpoint.close();
    expect(await setting.captureDefects(...chunks)).toEqual([]);
  });

  it.skipIf(!hasPeer)('with the usrsctp server', async () => {
    const { peer, udpPort } = await setting.usrsctpServer({ verify: true, ...patternOptions(pattern) });
    const client = await setting.connect(udpPort);
    const views = [ourView(client, serverAliases), usrsctpView(peer, clientAliases)] as const;
    const [{ bytes }] = await Promise.all([
      exchange(client, pattern, gate),
      disturb(setting.pathRelay.paths, gate, views),
    ]);
    expect(bytes).toBeGreaterThan(50 * mebibyte);
    expectOurStory(views[0]);
    expectUsrsctpStory(views[1]);
    await client.close();
    expect(await peer.event('result')).toMatchObject({ ...everything, bytes });
    expect(await peer.exited).toBe(0);
    expect(await setting.captureDefects(...chunks)).toEqual([]);
  });

  it.skipIf(!hasPeer)('with the usrsctp client', async () => {
    const endpoint = await setting.listen();
    const peer = await setting.usrsctpClient(endpoint.udpPort, patternOptions(pattern));
    const server = await accept(endpoint);
    const views = [ourView(server, clientAliases), usrsctpView(peer, serverAliases)] as const;
    const [{ bytes, received }] = await Promise.all([
      echo(server, pattern, gate),
      disturb(setting.pathRelay.paths, gate, views),
    ]);
    expect(bytes).toBeGreaterThan(50 * mebibyte);
    expect(received).toBe(pattern.messages);
    expectOurStory(views[0]);
    expectUsrsctpStory(views[1]);
    expect(await server.closed).toMatchObject({ graceful: true, by: 'peer' });
    expect(await peer.event('result')).toMatchObject({ ...everything, bytes });
    expect(await peer.exited).toBe(0);
    await endpoint.close();
    expect(await setting.captureDefects(...chunks)).toEqual([]);
  });
});
