import type { OwnAddresses } from './addresses.ts';

/**
 * How an INIT ACK chunk has introduced us, for its State Cookie: by places in the list of our addresses, since no cookie names a
 * host, and an address behind a NAT belongs into no packet (RFC 6951 §5.7).
 */
export interface Introduction {
  /** Which list of addresses it was. */
  readonly version: number;
  /** The place of the address from which it went, 0 for the first; undefined where that was not known. */
  readonly source: number | undefined;
  /** The places of those that it lists. */
  readonly listed: readonly number[];
}

/** Places beyond this are left out: such addresses do not count as told. */
const mostPlaces = 254;

export function introductionBy(own: OwnAddresses, listed: readonly string[], source: string | undefined): Introduction {
  const ips = ownIps(own);
  const placeOf = (ip: string): number => ips.indexOf(ip);
  const isPlace = (place: number): boolean => place >= 0 && place < mostPlaces;
  const sourcePlace = source === undefined ? -1 : placeOf(source);
  return {
    version: versionOf(own),
    source: isPlace(sourcePlace) ? sourcePlace : undefined,
    listed: listed.map(placeOf).filter(isPlace),
  };
}

/** What the peer was told. Where our addresses have changed since, nothing is certain but that it was told of the source. */
export function toldBy(
  own: OwnAddresses,
  introduction: Introduction,
): { readonly listed: readonly string[]; readonly source: string | undefined } {
  if (introduction.version !== versionOf(own)) return { listed: [], source: undefined };
  const ips = ownIps(own);
  const listed = introduction.listed.map((place) => ips[place]).filter((ip) => ip !== undefined);
  return { listed, source: introduction.source === undefined ? undefined : ips[introduction.source] };
}

function ownIps({ localAddresses, sources }: OwnAddresses): readonly string[] {
  return (sources?.addresses ?? localAddresses).map(({ ip }) => ip);
}

function versionOf({ sources }: OwnAddresses): number {
  return (sources?.addressesVersion ?? 0) & 0xff;
}
