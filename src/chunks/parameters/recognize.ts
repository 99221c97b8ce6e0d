import {
  encodeParameter,
  endsList,
  type KnownParameter,
  type MalformedParameter,
  type Parameter,
  parameterKind,
  typeOf,
} from './parameter.ts';

/** What a receiver makes of the parameters of a chunk. */
export interface RecognizedParameters {
  /** What it acts on, or knowingly leaves alone, up to what ends the processing. */
  readonly accepted: readonly KnownParameter[];
  /** Whole parameters (without padding) to report, "as described in Section 3.2.2". */
  readonly unrecognized: readonly Uint8Array[];
  /** The first parameter that it would have to act on and that is not sound; nothing behind it is looked at. */
  readonly flawed: MalformedParameter | undefined;
}

/**
 * Sorts received parameters by what their receiver has to do (RFC 9260 §3.2.1): "the highest-order 2 bits specify the
 * action that is taken if the processing endpoint does not recognize the Parameter Type". What is not recognized is
 * skipped whatever its inside.
 *
 * @param understood the kinds that the receiver acts on, or knowingly leaves alone. The parameter of an extension that it
 * can decode but does not speak counts as not recognized: that is how the sender learns of it. Default: all known kinds.
 * @param leftAlone the kinds among them whose inside does not matter to the receiver
 */
export function recognizeParameters(
  parameters: readonly Parameter[],
  understood?: ReadonlySet<Parameter['kind']>,
  leftAlone?: ReadonlySet<Parameter['kind']>,
): RecognizedParameters {
  const accepted: KnownParameter[] = [];
  const unrecognized: Uint8Array[] = [];
  for (const parameter of parameters) {
    if (parameter.kind === 'malformed') {
      const kind = parameterKind(parameter.type);
      const isLast = endsList(parameter);
      if (kind !== undefined && !isLast && leftAlone?.has(kind) === true) continue;
      const isUnderstood = kind !== undefined && understood?.has(kind) !== false;
      if (isUnderstood || isLast) return { accepted, unrecognized, flawed: parameter };
    } else if (parameter.kind !== 'unknown' && understood?.has(parameter.kind) !== false) {
      accepted.push(parameter);
      continue;
    }
    const type = typeOf(parameter);
    if ((type & 0x4000) !== 0) unrecognized.push(encodeParameter(parameter));
    if ((type & 0x8000) === 0) break;
  }
  return { accepted, unrecognized, flawed: undefined };
}
