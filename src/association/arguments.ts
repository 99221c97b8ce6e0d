import { SctpError } from '../base/errors.ts';

/** Checks of what callers give: each throws SctpError SCTP_ERR_INVALID_ARGUMENT at the call, not where the value is used. */
export function requireUint(name: string, value: number, greatest: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= greatest) return;
  throw invalid(`${name} must be an integer from 0 to ${greatest}, not ${String(value)}`);
}

export function requireBytes(name: string, value: unknown): void {
  if (!(value instanceof Uint8Array)) throw invalid(`${name} must be a Uint8Array, not ${nameOf(value)}`);
}

export function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid(`${name} must be an object, not ${nameOf(value)}`);
}

export function requireArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalid(`${name} must be an array, not ${nameOf(value)}`);
}

export function requireBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false, not ${nameOf(value)}`);
}

export function invalid(message: string): SctpError {
  return new SctpError('SCTP_ERR_INVALID_ARGUMENT', message);
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
