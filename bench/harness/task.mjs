// Runs one exported function of one module in a process of its own:
//   node bench/harness/task.mjs MODULE FUNCTION JSON-OPTIONS
// The function takes (options, emit); what it emits and what it returns goes to standard output, one JSON object a line.
import { pathToFileURL } from 'node:url';

const [file, name, options = '{}'] = process.argv.slice(2);
const emit = (event, value) => process.stdout.write(`${JSON.stringify({ event, value })}\n`);

// Whoever measures ends its processes by closing their input: they must not outlive it.
process.stdin.on('end', () => process.exit(0)).resume();

const module = await import(pathToFileURL(file).href);
const value = await module[name](JSON.parse(options), emit);
if (value !== undefined) {
  emit('result', value);
  // Standard output is a pipe, which may not be empty yet.
  process.stdout.write('', () => process.exit(0));
}
