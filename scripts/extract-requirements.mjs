// Extracts every sentence with a key word of RFC 2119 from the text of an RFC, as data for scripts/rfc-coverage.mjs.
//
//   node scripts/extract-requirements.mjs 9260 rfc9260.txt    writes docs/requirements/rfc9260.json
//
// Done once for each RFC: an RFC never changes, and the identifiers must not either.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sentencesOf } from './rfc-text.mjs';

/** Strongest first; a sentence with several key words has the level of the strongest. */
const levels = [
  'MUST NOT',
  'SHALL NOT',
  'MUST',
  'SHALL',
  'REQUIRED',
  'SHOULD NOT',
  'NOT RECOMMENDED',
  'SHOULD',
  'RECOMMENDED',
];
const keyWord = new RegExp(`\\b(${levels.join('|')})\\b`, 'g');

/** Sections that ask nothing of an implementation. */
const excludedSections = {
  9260: {
    1.7: 'what changed since RFC 4960',
    2: 'the key words themselves',
    15: 'instructions to IANA',
    17: 'references',
  },
  6951: { 2: 'the key words themselves', 7: 'instructions to IANA', 10: 'references' },
  3758: { 2: 'the key words themselves', 8: 'instructions to IANA', 9: 'references' },
  4820: { 2: 'the key words themselves', 5: 'instructions to IANA', 8: 'references' },
  6525: { 2: 'the key words themselves', 8: 'instructions to IANA', 10: 'references' },
  7053: { 2: 'the key words themselves', 8: 'instructions to IANA', 11: 'references' },
  7496: { 2: 'the key words themselves', 6: 'references' },
  8260: { 1.2: 'the key words themselves', 5: 'instructions to IANA', 7: 'references' },
  9653: { 2: 'the key words themselves', 8: 'instructions to IANA', 10: 'references' },
};

const [number, path] = process.argv.slice(2);
if (excludedSections[number] === undefined || path === undefined) {
  console.error(`usage: extract-requirements.mjs ${Object.keys(excludedSections).join('|')} TEXT`);
  process.exit(2);
}

const isExcluded = (section) =>
  Object.keys(excludedSections[number]).some((each) => section === each || section.startsWith(`${each}.`));
const counts = new Map();
const requirements = [];
for (const { section, text } of sentencesOf(readFileSync(path, 'utf8'))) {
  const found = new Set(Array.from(text.matchAll(keyWord), ([word]) => word));
  if (found.size === 0 || isExcluded(section)) continue;
  const count = (counts.get(section) ?? 0) + 1;
  counts.set(section, count);
  const ordered = levels.filter((level) => found.has(level));
  const levelsField = ordered.length > 1 ? { levels: ordered } : {};
  requirements.push({ id: `${section}-${count}`, section, level: ordered[0], ...levelsField, text });
}

const target = fileURLToPath(new URL(`../docs/requirements/rfc${number}.json`, import.meta.url));
writeFileSync(target, `${JSON.stringify(requirements, null, 2)}\n`);
console.log(`${requirements.length} requirements of RFC ${number}`);
