import type { Guest } from './guest.ts';
import { type Link, links } from './network.ts';

/** A network that loses, delays, reorders and duplicates: arguments of netem. The queue must not be the limit. */
export const badNetwork = 'limit 20000 delay 8ms 3ms reorder 10% 50% loss 2% duplicate 2%';

/**
 * Treats both directions of links in the guest as netem's arguments say; undefined makes them good again. What arrives
 * goes through a device of its own, as netem treats only what leaves.
 */
export async function impair(guest: Guest, treatment?: string, which: readonly Link[] = links): Promise<void> {
  await guest.run(which.flatMap(({ device }) => commands(device, `in-${device}`, treatment)).join('\n'));
}

function commands(device: string, arrivals: string, treatment: string | undefined): string[] {
  const undo = [
    `tc qdisc del dev ${device} root 2>/dev/null || true`,
    `tc qdisc del dev ${device} ingress 2>/dev/null || true`,
    `ip link del ${arrivals} 2>/dev/null || true`,
  ];
  if (treatment === undefined) return undo;
  return [
    ...undo,
    `ip link add ${arrivals} type ifb`,
    `ip link set ${arrivals} up`,
    `tc qdisc add dev ${device} ingress`,
    `tc filter add dev ${device} ingress matchall action mirred egress redirect dev ${arrivals}`,
    `tc qdisc add dev ${device} root netem ${treatment}`,
    `tc qdisc add dev ${arrivals} root netem ${treatment}`,
  ];
}
