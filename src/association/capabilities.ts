import { type KnownParameter, type Parameter, recognizeParameters } from '../chunks/index.ts';

/** The parameters of INIT and INIT ACK chunks that this association acts on, or knowingly leaves alone. */
const understood: ReadonlySet<Parameter['kind']> = new Set<Parameter['kind']>([
  'IPv4 Address',
  'IPv6 Address',
  'State Cookie',
  'Unrecognized Parameter',
  'Cookie Preservative',
  'Host Name Address',
  'Supported Address Types',
  'ECN Capable',
  'Padding',
]);

export interface RecognizedParameters {
  readonly accepted: readonly KnownParameter[];
  /** Whole parameters to report, "as described in Section 3.2.2". */
  readonly unrecognized: readonly Uint8Array[];
}

/** Sorts out what this association does not understand (RFC 9260 §3.2.1). */
export function recognize(parameters: readonly Parameter[]): RecognizedParameters {
  return recognizeParameters(parameters, understood);
}
