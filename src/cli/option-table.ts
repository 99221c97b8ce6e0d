import { type ParseArgsConfig, parseArgs } from 'node:util';

type ParseArgsOptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** The command line was wrong: exit 2. */
export class UsageError extends Error {}

const highestPort = 65_535;

/** One option of a command: its key in a table is the name in camelCase, `--kebab-case` is what people type. */
export interface Option<Value> {
  readonly help: string;
  /** What stands for the value in the help; an option without it is a switch. */
  readonly placeholder?: string;
  /** Makes the value of the text. Throws UsageError. */
  readonly parse: (text: string, name: string) => Value;
}

export type OptionTable = { readonly [name: string]: Option<unknown> };

export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends Option<infer Value> ? Value : never;
};

export function flag(help: string): Option<boolean> {
  return { help, parse: (text) => text === 'true' };
}

export function text(placeholder: string, help: string): Option<string> {
  return { placeholder, help, parse: (value) => value };
}

export function list(placeholder: string, help: string): Option<readonly string[]> {
  return { placeholder, help, parse: parseList };
}

export function number(placeholder: string, help: string): Option<number> {
  return { placeholder, help, parse: parseNumber };
}

export function integer(placeholder: string, help: string, highest: number): Option<number> {
  return { placeholder, help, parse: (value, name) => parseInteger(value, name, highest) };
}

export function port(help: string): Option<number> {
  return integer('PORT', help, highestPort);
}

export function parsePort(value: string, name: string): number {
  return parseInteger(value, name, highestPort);
}

export function parseList(value: string): readonly string[] {
  return value.split(',').map((item) => item.trim());
}

export function parseNumber(value: string, name: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw new UsageError(`${name} takes a number, not '${value}'`);
  return parsed;
}

export function parseInteger(value: string, name: string, highest: number): number {
  const parsed = parseNumber(value, name);
  if (Number.isInteger(parsed) && parsed >= 0 && parsed <= highest) return parsed;
  throw new UsageError(`${name} takes an integer from 0 to ${highest}, not '${value}'`);
}

export interface CommandLine<Table extends OptionTable> {
  readonly options: OptionValues<Table>;
  /** The values of the second table. */
  readonly shared: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/**
 * Reads a command line: the options of `table` and of `sharedTable`, and one argument for each of `positionalNames`.
 * Throws UsageError.
 */
export function parseCommandLine<const Table extends OptionTable>(
  args: readonly string[],
  table: Table,
  positionalNames: readonly string[] = [],
  sharedTable: OptionTable = {},
): CommandLine<Table> {
  const { values, positionals } = split(args, { ...table, ...sharedTable });
  if (positionals.length < positionalNames.length) {
    throw new UsageError(`${positionalNames[positionals.length]} is missing`);
  }
  if (positionals.length > positionalNames.length) {
    throw new UsageError(`'${positionals[positionalNames.length]}' is one argument too many`);
  }
  return {
    options: pick(values, table) as OptionValues<Table>,
    shared: pick(values, sharedTable),
    positionals,
  };
}

function pick(values: Readonly<Record<string, unknown>>, table: OptionTable): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [name, { parse }] of Object.entries(table)) {
    const typed = kebabCase(name);
    const value = values[`no-${typed}`] === true ? false : values[typed];
    if (value !== undefined) picked[name] = parse(String(value), `--${typed}`);
  }
  return picked;
}

/** Every switch has a negative. Node's own `allowNegative` would take `--no-delay` for the negative of `--delay`. */
function split(
  args: readonly string[],
  table: OptionTable,
): { values: Record<string, unknown>; positionals: string[] } {
  const options: ParseArgsOptionsConfig = {};
  for (const [name, { placeholder }] of Object.entries(table)) {
    options[kebabCase(name)] = { type: placeholder === undefined ? 'boolean' : 'string' };
    if (placeholder === undefined) options[`no-${kebabCase(name)}`] = { type: 'boolean' };
  }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node's messages go on with advice about `--` in further sentences.
    throw new UsageError((error as Error).message.split(/\.\s/)[0]);
  }
}

export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The table as aligned lines for a help text. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { placeholder, help }]) => {
    return [`--${kebabCase(name)}${placeholder === undefined ? '' : ` ${placeholder}`}`, help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
