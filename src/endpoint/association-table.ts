import type { Association } from '../association/association.ts';
import { type NetAddress, sameAddress } from '../base/address.ts';
import { TurnoverMap } from '../base/turnover-map.ts';

/** Under which keys the table has put an entry. */
export interface Place {
  readonly tag: number;
  readonly keys: readonly string[];
}

/** What is in the table; the table keeps `place`, undefined while it is not. */
export interface TableEntry {
  readonly association: Association;
  place?: Place | undefined;
}

/**
 * The associations of one endpoint, by our Verification Tag, which nearly every packet carries, and by the peer's
 * addresses and port for the few that do not.
 */
export class AssociationTable<E extends TableEntry> {
  /** By the tag as a signed number, which takes no memory of its own. */
  readonly #byTag = new TurnoverMap<number, E>();
  readonly #byPeer = new TurnoverMap<string, E[]>();

  get size(): number {
    return this.#byTag.size;
  }

  values(): IterableIterator<E> {
    return this.#byTag.values();
  }

  hasTag(tag: number): boolean {
    return this.#byTag.has(tag | 0);
  }

  findByTag(tag: number): E | undefined {
    return this.#byTag.get(tag | 0);
  }

  /**
   * The association with the peer at this IP address and SCTP port: "an association can be uniquely identified by the
   * transport addresses" (RFC 9260 §1.3). Where we ourselves have opened several to one address, in several UDP ports,
   * the one at this UDP port.
   */
  findByPeer(from: NetAddress, remotePort: number): E | undefined {
    const entries = this.#byPeer.get(peerKey(from.ip, remotePort));
    if (entries === undefined || entries.length === 1) return entries?.[0];
    const isAt = ({ association }: E): boolean =>
      association.paths.some(({ address }) => address.ip === from.ip && address.udpPort === from.udpPort);
    return entries.find(isAt) ?? entries[0];
  }

  /** The one that is under way with the peer at this very place: same IP address, UDP port and SCTP port. */
  findOpenAt(address: NetAddress, remotePort: number): E | undefined {
    const entries = this.#byPeer.get(peerKey(address.ip, remotePort)) ?? [];
    return entries.find(
      ({ association }) =>
        association.state !== 'CLOSED' && association.paths.some((path) => sameAddress(path.address, address)),
    );
  }

  add(entry: E): void {
    const { association } = entry;
    const keys = association.paths.map(({ address }) => peerKey(address.ip, association.remotePort));
    entry.place = { tag: association.myVerificationTag, keys };
    this.#byTag.set(association.myVerificationTag | 0, entry);
    for (const key of keys) {
      const entries = this.#byPeer.get(key);
      if (entries === undefined) this.#byPeer.set(key, [entry]);
      else entries.push(entry);
    }
  }

  remove(entry: E): void {
    const { place } = entry;
    if (place === undefined) return;
    entry.place = undefined;
    this.#byTag.delete(place.tag | 0);
    for (const key of place.keys) {
      const others = this.#byPeer.get(key)?.filter((other) => other !== entry) ?? [];
      if (others.length === 0) this.#byPeer.delete(key);
      else this.#byPeer.set(key, others);
    }
  }
}

function peerKey(ip: string, remotePort: number): string {
  return `${ip}|${remotePort}`;
}
