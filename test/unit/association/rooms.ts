import { type AssociationEnvironment, Context } from '../../../src/association/context.ts';
import { type AssociationOptions, resolveOptions } from '../../../src/association/options.ts';
import { Paths } from '../../../src/association/paths.ts';
import { CookieJar } from '../../../src/association/state-cookie.ts';
import type { LinkMtu, NetAddress } from '../../../src/base/address.ts';
import { Ledger } from '../../../src/base/ledger.ts';
import { randomTag } from '../../../src/base/random.ts';
import { Slab } from '../../../src/base/slab.ts';
import { PacketBuilder } from '../../../src/chunks/index.ts';
import { seededEnvironment } from '../../../src/simulation/environment.ts';

/** `'10.0.0.1:9899'` is an IP address and a UDP port; without a port it is 0. */
export function addressOf(text: string): NetAddress {
  const [ip = '', udpPort = '0'] = text.split(':');
  return { ip, udpPort: Number(udpPort) };
}

export interface RoomOptions {
  readonly options?: Partial<AssociationOptions>;
  readonly localAddresses?: readonly string[];
  readonly overhead?: number;
  readonly maxPacketSize?: number;
  readonly linkMtu?: LinkMtu;
  /** How many of the addresses are confirmed. Default: all. */
  readonly confirmed?: number;
}

/** What the rooms of an association share, for one to a peer with these addresses. It is CLOSED, and sends nothing. */
export function createContext(addresses: readonly string[], given: RoomOptions = {}): Context {
  const { options = {}, localAddresses = [], overhead = 28, maxPacketSize = 65_507 } = given;
  const environment = seededEnvironment(1);
  const shared: AssociationEnvironment = {
    ...environment,
    cookieJar: new CookieJar(environment),
    slab: new Slab(),
    builder: new PacketBuilder(),
    overhead,
    maxPacketSize,
    linkMtu: given.linkMtu,
    localAddresses: localAddresses.map(addressOf),
    sources: undefined,
    ledger: new Ledger(),
    errorDetectionMethod: undefined,
    unusedTag: () => randomTag(environment.random),
  };
  return new Context(resolveOptions(options), shared, 5000, 5001, 1, (context) => {
    return new Paths(context, addresses.map(addressOf), given.confirmed ?? addresses.length);
  });
}
