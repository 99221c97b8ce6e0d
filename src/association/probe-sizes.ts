/** A search ends when there is no more to gain than this, in bytes, or this part of what is known. */
const leastGain = 16;
const leastGainFraction = 1 / 64;

/** MTUs that links have, in bytes of the IP packet: jumbo frames, Ethernet, PPPoE, WireGuard, tunnels, IPv6's least. */
const commonMtus = [9_000, 1_500, 1_492, 1_420, 1_400, 1_280];

/**
 * The size to probe next, undefined when there is nothing worth it. RFC 8899 §5.3.2: "Implementations SHOULD select the set of
 * probe packet sizes to maximize the gain in PLPMTU from each search step": the largest, then the sizes that links have from
 * above, then halves of what is left.
 * @param known the largest packet that passes
 * @param ceiling the least that is known not to pass
 * @param max the largest worth probing
 * @param headers below SCTP, in bytes, as everything here
 */
export function nextProbeSize(known: number, ceiling: number, max: number, headers: number): number | undefined {
  if (known >= max) return undefined;
  if (ceiling > max) return max;
  const gain = Math.max(leastGain, known * leastGainFraction);
  for (const mtu of commonMtus) {
    const size = (mtu - headers) & ~3;
    if (size < ceiling && size - known >= gain) return size;
  }
  const middle = ((known + ceiling) / 2) & ~3;
  return middle - known >= gain ? middle : undefined;
}
