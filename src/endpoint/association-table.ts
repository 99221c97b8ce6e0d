import type { Association } from '../association/association.ts';
import type { NetAddress } from '../base/address.ts';

/**
 * The associations of one endpoint, by our Verification Tag, which nearly every packet carries, and by the peer's
 * address and ports for the few that do not.
 */
export class AssociationTable<E extends { readonly association: Association }> {
  readonly #byTag = new Map<number, E>();
  readonly #byPeer = new Map<string, E[]>();

  get size(): number {
    return this.#byTag.size;
  }

  values(): IterableIterator<E> {
    return this.#byTag.values();
  }

  hasTag(tag: number): boolean {
    return this.#byTag.has(tag);
  }

  findByTag(tag: number): E | undefined {
    return this.#byTag.get(tag);
  }

  /** The association with the peer at `from`; under UDP encapsulation, the one at that UDP port. */
  findByPeer(from: NetAddress, remotePort: number): E | undefined {
    const entries = this.#byPeer.get(peerKey(from.ip, remotePort));
    return entries?.find(({ association }) =>
      association.paths.some(({ address }) => address.ip === from.ip && address.udpPort === from.udpPort),
    );
  }

  add(entry: E): void {
    const { association } = entry;
    this.#byTag.set(association.myVerificationTag, entry);
    for (const { address } of association.paths) {
      const key = peerKey(address.ip, association.remotePort);
      const entries = this.#byPeer.get(key);
      if (entries === undefined) this.#byPeer.set(key, [entry]);
      else if (!entries.includes(entry)) entries.push(entry);
    }
  }

  remove(entry: E, tag: number): void {
    const { association } = entry;
    this.#byTag.delete(tag);
    for (const { address } of association.paths) {
      const key = peerKey(address.ip, association.remotePort);
      const entries = this.#byPeer.get(key);
      const index = entries?.indexOf(entry) ?? -1;
      if (entries === undefined || index < 0) continue;
      entries.splice(index, 1);
      if (entries.length === 0) this.#byPeer.delete(key);
    }
  }
}

function peerKey(ip: string, remotePort: number): string {
  return `${ip}|${remotePort}`;
}
