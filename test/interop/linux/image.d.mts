export interface Need {
  readonly name: string;
  readonly packages: readonly string[];
  isThere(): boolean;
}
export const kernel: string;
export const image: string;
export const guestNeeds: readonly Need[];
export function whyNoGuest(): string | undefined;
export function buildImage(): void;
export function whyNoNamespace(): string | undefined;
export const inNamespace: readonly string[];
