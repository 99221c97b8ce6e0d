import type { GivenAssociationOptions } from '../../../src/index.ts';

/**
 * Both sides take a loss for one, and a failed path for one, within a second or so. The delay of SACKs has to be below the
 * RTO.
 */
export const impatience = {
  rtoInitialMs: 200,
  rtoMinMs: 100,
  rtoMaxMs: 400,
  sackDelayMs: 20,
  hbIntervalMs: 500,
  pathMaxRetrans: 2,
} satisfies GivenAssociationOptions;

/** The same for sockets that the kernel opens from then on. The least comes first, as no value may be below it. */
export const kernelImpatience: Readonly<Record<string, number>> = {
  'net.sctp.rto_min': 100,
  'net.sctp.rto_initial': 200,
  'net.sctp.rto_max': 400,
  'net.sctp.sack_timeout': 20,
  'net.sctp.hb_interval': 500,
  'net.sctp.path_max_retrans': 2,
};
