import { describe, expect, it } from 'vitest';
import type { Association } from '../../../src/association/association.ts';
import { AssociationTable } from '../../../src/endpoint/association-table.ts';
import { addressOf } from '../association/rooms.ts';

interface Entry {
  readonly association: Association;
}

/** What the table looks at: the peer's addresses and SCTP port, and our tag. */
interface Facts {
  myVerificationTag: number;
  remotePort: number;
  paths: { address: { ip: string; udpPort: number } }[];
  state: string;
}

function entry(tag: number, remotePort: number, ...addresses: string[]): { entry: Entry; facts: Facts } {
  const paths = addresses.map((address) => ({ address: addressOf(address) }));
  const facts: Facts = { myVerificationTag: tag, remotePort, paths, state: 'ESTABLISHED' };
  return { entry: { association: facts as unknown as Association }, facts };
}

describe('AssociationTable', () => {
  it('finds an association by our Verification Tag', () => {
    const table = new AssociationTable<Entry>();
    const { entry: a } = entry(1, 5000, '10.0.0.1');
    table.add(a);
    expect([table.findByTag(1), table.findByTag(2), table.hasTag(1), table.hasTag(2)]).toEqual([
      a,
      undefined,
      true,
      false,
    ]);
    expect([table.size, [...table.values()]]).toEqual([1, [a]]);
  });

  it('finds an association by each address of the peer and its port', () => {
    const table = new AssociationTable<Entry>();
    const { entry: a } = entry(1, 5000, '10.0.0.1', '10.0.1.1');
    table.add(a);
    expect(table.findByPeer(addressOf('10.0.0.1'), 5000)).toBe(a);
    expect(table.findByPeer(addressOf('10.0.1.1'), 5000)).toBe(a);
    expect(table.findByPeer(addressOf('10.0.1.1'), 5001)).toBeUndefined();
    expect(table.findByPeer(addressOf('10.0.2.1'), 5000)).toBeUndefined();
  });

  it('finds a peer whose UDP port has changed (RFC 6951 §5.4)', () => {
    const table = new AssociationTable<Entry>();
    const { entry: a } = entry(1, 5000, '10.0.0.1:9899');
    table.add(a);
    expect(table.findByPeer(addressOf('10.0.0.1:61000'), 5000)).toBe(a);
  });

  it('tells peers apart that share an IP address and an SCTP port, by their UDP ports', () => {
    const table = new AssociationTable<Entry>();
    const { entry: a } = entry(1, 5000, '10.0.0.1:1111');
    const { entry: b } = entry(2, 5000, '10.0.0.1:2222');
    table.add(a);
    table.add(b);
    expect(table.findByPeer(addressOf('10.0.0.1:2222'), 5000)).toBe(b);
    expect(table.findByPeer(addressOf('10.0.0.1:1111'), 5000)).toBe(a);
    table.remove(a);
    expect(table.findByPeer(addressOf('10.0.0.1:2222'), 5000)).toBe(b);
  });

  it('"MUST NOT have more than one SCTP association between them": knows who is there (RFC 9260 §1.3)', () => {
    const table = new AssociationTable<Entry>();
    const { entry: a, facts } = entry(1, 5000, '10.0.0.1:9899');
    table.add(a);
    expect(table.findOpenAt(addressOf('10.0.0.1:9899'), 5000)).toBeDefined();
    expect(table.findOpenAt(addressOf('10.0.0.1:1111'), 5000)).toBeUndefined();
    expect(table.findOpenAt(addressOf('10.0.0.1:9899'), 5001)).toBeUndefined();
    facts.state = 'CLOSED';
    expect(table.findOpenAt(addressOf('10.0.0.1:9899'), 5000)).toBeUndefined();
  });

  it('forgets what it is told to forget, and where it had put it', () => {
    const table = new AssociationTable<Entry>();
    const { entry: a, facts } = entry(1, 5000, '10.0.0.1', '10.0.1.1');
    table.add(a);
    // A restart: another tag, another set of addresses.
    facts.myVerificationTag = 2;
    facts.paths = [{ address: addressOf('10.0.2.1') }];
    table.remove(a);
    expect([table.size, table.findByTag(1), table.findByPeer(addressOf('10.0.0.1'), 5000)]).toEqual([
      0,
      undefined,
      undefined,
    ]);
    table.add(a);
    expect([table.findByTag(2), table.findByPeer(addressOf('10.0.2.1'), 5000)]).toEqual([a, a]);
    expect(table.findByPeer(addressOf('10.0.1.1'), 5000)).toBeUndefined();
    table.remove(a);
    table.remove(a);
    expect(table.size).toBe(0);
  });
});
