import { execFileSync } from 'node:child_process';

/**
 * What lies between us and the guest: two links, each with IPv4 and IPv6, in a network namespace that scripts/interop.mjs
 * has made. The namespace ends with the last process in it, and everything here with the namespace.
 */
export interface Link {
  /** Its device on our side: what the guest sends comes out of it. */
  readonly tap: string;
  /** Its device in the guest. */
  readonly device: string;
  readonly mac: string;
  readonly ours: { readonly ipv4: string; readonly ipv6: string };
  readonly kernel: { readonly ipv4: string; readonly ipv6: string };
}

function link(index: number): Link {
  const number = index + 1;
  return {
    tap: `link${number}`,
    device: `eth${index}`,
    mac: `02:00:00:00:00:0${number}`,
    ours: { ipv4: `10.77.${number}.1`, ipv6: `fd77:${number}::1` },
    kernel: { ipv4: `10.77.${number}.2`, ipv6: `fd77:${number}::2` },
  };
}

export const links: readonly [Link, Link] = [link(0), link(1)];
export const ourIpv4: readonly string[] = links.map(({ ours }) => ours.ipv4);
export const kernelIpv4: readonly string[] = links.map(({ kernel }) => kernel.ipv4);

/** The port of SCTP in UDP, on both sides. */
export const udpPort = 9899;

function ip(...options: string[]): void {
  execFileSync('ip', options, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes the links, unless they are there. */
export function openNetwork(): void {
  const there = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' });
  for (const { tap, ours } of links) {
    if (there.includes(` ${tap}:`)) continue;
    ip('tuntap', 'add', 'dev', tap, 'mode', 'tap');
    ip('address', 'add', `${ours.ipv4}/24`, 'dev', tap);
    ip('address', 'add', `${ours.ipv6}/64`, 'dev', tap, 'nodad');
    ip('link', 'set', tap, 'up');
  }
}

/** Takes our side of a link down or brings it up again, with its IPv6 address, which the system forgets. */
export function setLink({ tap, ours }: Link, state: 'up' | 'down'): void {
  ip('link', 'set', tap, state);
  if (state === 'up') ip('address', 'replace', `${ours.ipv6}/64`, 'dev', tap, 'nodad');
}

/**
 * Rules for our side's packets, in nft's language: `arriving` ones before anybody sees them, and those that are
 * `leaving`. They replace those of before; none is how it begins.
 */
export interface Rules {
  readonly arriving?: readonly string[];
  readonly leaving?: readonly string[];
}

export function setRules({ arriving = [], leaving = [] }: Rules = {}): void {
  const chain = (name: string, hook: string, rules: readonly string[]): string =>
    [`chain ${name} {`, `type filter hook ${hook} priority -300; policy accept;`, ...rules, '}'].join('\n');
  const chains = [chain('arriving', 'prerouting', arriving), chain('leaving', 'output', leaving)].join('\n');
  const input = `table inet rules {}\ndelete table inet rules\ntable inet rules {\n${chains}\n}\n`;
  execFileSync('nft', ['-f', '-'], { input });
}
