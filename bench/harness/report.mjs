// What people read: the table of a run, a comparison with an earlier one, and the tables of the documentation.
import { cpus, totalmem } from 'node:os';
import { advantage, isCost } from './measure.mjs';

/** How everything is measured; the same rule for all contenders. */
export const rule = [
  'Each value is the median of interleaved runs (ours, peer, …, ours, peer, …). Transfers are measured where they arrive, over',
  'a fixed window that begins when the warm-up ends (counted from the first message on). Ratios above 1: ours is better.',
];

export function describeMachine() {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length} cores, ${memory} GiB; ${process.platform} ${process.arch}; Node ${process.versions.node}; ${new Date().toISOString().slice(0, 10)}`;
}

export function formatValue(value) {
  const digits = value >= 1000 ? 0 : value >= 100 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const formatRatio = (ratio) => ratio.toFixed(2);

function formatSpread(samples) {
  return `${formatValue(Math.min(...samples))} … ${formatValue(Math.max(...samples))}`;
}

function formatUnit(unit) {
  return isCost(unit) ? `${unit}, less is better` : `${unit}, more is better`;
}

/** One row and its peers, as lines. */
export function rowLines(row, limit) {
  const lines = [`${row.name} (${formatUnit(row.unit)})`, line('sctp-ts', row, '')];
  for (const [name, peer] of Object.entries(row.peers)) {
    const title = name === limit ? `${name} (limit)` : name;
    if (peer.missing !== undefined) lines.push(`  ${title.padEnd(26)} missing: ${peer.missing}`);
    else lines.push(line(title, peer, `× ${formatRatio(advantage(row.unit, row.value, peer.value))}`));
  }
  return lines;
}

function line(title, { value, samples }, ratio) {
  return `  ${title.padEnd(26)} ${formatValue(value).padStart(12)}  ${ratio.padEnd(9)} [${formatSpread(samples)}]`;
}

/** One row beside the same of another commit's build. */
export function againstLines(row, id) {
  const { ratio, low, high, isNoWorse } = row.against;
  const verdict = isNoWorse ? 'no worse' : 'WORSE';
  return [
    `${row.name} (${formatUnit(row.unit)})`,
    line('working tree', row, ''),
    line(id, row.against, ''),
    `  ${'ratio'.padEnd(26)} ${`× ${ratio.toFixed(3)}`.padStart(12)}  ${verdict.padEnd(9)} [${low.toFixed(3)} … ${high.toFixed(3)}]`,
  ];
}

/** How two builds are compared. */
export function againstRule({ id, pairs, confidence, bound }) {
  return [
    `The working tree beside ${id}: ${pairs} pairs of runs, each begun by the build that ended the one before, by the same benchmarks.`,
    'The ratio is the median of those of the pairs, above 1 where the working tree is better; its brackets hold the median of all such',
    `pairs with a confidence of ${(100 * confidence).toFixed(0)} %. It is no worse where they reach ${bound} or more.`,
  ];
}

/** Our values beside those of an earlier run. */
export function comparisonLines(rows, earlierRows) {
  const earlier = new Map(earlierRows.map((row) => [row.name, row]));
  return rows.map((row) => {
    const before = earlier.get(row.name);
    if (before === undefined) return `  ${row.name.padEnd(36)} was not measured then`;
    if (before.unit !== row.unit) return `  ${row.name.padEnd(36)} was measured in ${before.unit} then`;
    const ratio = formatRatio(advantage(row.unit, row.value, before.value));
    const values = `${formatValue(before.value)} → ${formatValue(row.value)} ${row.unit}`;
    return `  ${row.name.padEnd(36)} × ${ratio.padEnd(6)} ${values}`;
  });
}

/** The tables of docs/PERFORMANCE.md, one for each group of rows. */
export function markdownLines(rows, limitOf) {
  const lines = [`Measured on: ${describeMachine()}.`];
  for (const group of new Set(rows.map(({ name }) => groupOf(name)))) {
    lines.push(
      '',
      `### ${group}`,
      '',
      '| row | unit | sctp-ts | beside (how many times better ours is) |',
      '|---|---|---:|---|',
    );
    for (const row of rows.filter(({ name }) => groupOf(name) === group)) {
      lines.push(
        `| \`${row.name}\` | ${row.unit} | ${formatValue(row.value)} | ${markdownPeers(row, limitOf(row.name))} |`,
      );
    }
  }
  return lines;
}

function markdownPeers(row, limit) {
  const peers = Object.entries(row.peers).map(([name, peer]) => {
    const title = name === limit ? `limit \`${name}\`` : `\`${name}\``;
    if (peer.missing !== undefined) return `${title} missing (${peer.missing.replaceAll('|', '\\|')})`;
    return `${title} ${formatValue(peer.value)} (× ${formatRatio(advantage(row.unit, row.value, peer.value))})`;
  });
  return peers.join(' · ');
}

function groupOf(name) {
  return name.slice(0, name.indexOf('/'));
}
