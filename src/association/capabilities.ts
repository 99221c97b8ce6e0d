import { encodeParameter, type Parameter, parameterTypes, unrecognizedChunkAction } from '../chunks/index.ts';

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
  readonly accepted: readonly Parameter[];
  /** Whole parameters to report, "as described in Section 3.2.2". */
  readonly unrecognized: readonly Uint8Array[];
}

/**
 * Sorts out what this association does not understand, by the two highest bits of the type (RFC 9260 §3.2.1). The
 * parameter of an extension that we can decode but do not speak counts as not understood: that is how its sender
 * learns of it.
 */
export function recognize(parameters: readonly Parameter[]): RecognizedParameters {
  const accepted: Parameter[] = [];
  const unrecognized: Uint8Array[] = [];
  for (const parameter of parameters) {
    if (understood.has(parameter.kind)) {
      accepted.push(parameter);
      continue;
    }
    const type = parameter.kind === 'unknown' ? parameter.type : parameterTypes[parameter.kind];
    // The action bits of parameters mean what those of chunks mean; a chunk type is the upper half of such a number.
    const { stop, report } = unrecognizedChunkAction(type >>> 8);
    if (report) unrecognized.push(encodeParameter(parameter));
    if (stop) break;
  }
  return { accepted, unrecognized };
}
