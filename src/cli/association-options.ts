import { defaultOptions, type GivenAssociationOptions, type OptionsPreset, presets } from '../index.ts';
import { flag, kebabCase, number, type Option, type OptionTable, UsageError } from './option-table.ts';

const presetNames = Object.keys(presets).join('|');

/** Every option of an association, under its own name in kebab-case: `--rto-min-ms 200`, `--no-no-delay`. */
export const associationOptionTable: OptionTable = {
  defaults: { placeholder: presetNames, help: 'the situation to take the defaults for', parse: parsePreset },
  ...Object.fromEntries(Object.entries(defaultOptions).map(([name, value]) => [name, optionFor(name, value)])),
};

/** The values that were given for them; the library checks their bounds. */
export function associationOptions(shared: Readonly<Record<string, unknown>>): GivenAssociationOptions {
  return shared;
}

function optionFor(name: string, value: number | boolean | undefined): Option<unknown> {
  const help = `default ${value ?? 'as the RFC has it'}`;
  if (typeof value === 'boolean') return flag(`${help}; --no-${kebabCase(name)} switches it off`);
  return number(name.endsWith('Ms') ? 'MS' : 'N', help);
}

function parsePreset(text: string, name: string): OptionsPreset {
  if (Object.hasOwn(presets, text)) return text as OptionsPreset;
  throw new UsageError(`${name} takes one of ${presetNames}, not '${text}'`);
}
