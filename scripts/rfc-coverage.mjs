// Which sentence of which RFC is implemented where, tested where, or not done and why: docs/RFC-COVERAGE.md.
//
//   node scripts/rfc-coverage.mjs                          writes the document
//   node scripts/rfc-coverage.mjs --json                   prints the report for test/rfc-coverage.test.ts
//   node scripts/rfc-coverage.mjs --text 9260=rfc9260.txt  also looks for quotations that the RFC does not contain
//
// Requirements are in docs/requirements/, with what is not done and why, and which of them say the same as another.
// Code and tests say what they obey by quoting it: `// RFC 9260 §6.2: "…"`, with […] for what is left out. A sentence that asks
// for several things (clauses.json) is tested when a test quotes each of them by itself: the whole sentence names none.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contains, hasKeyWord, normalized, partsOf, quotationsIn } from './rfc-quotations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const documentPath = join(root, 'docs/RFC-COVERAGE.md');
const rfcs = new Map([
  ['9260', 'Stream Control Transmission Protocol'],
  ['6951', 'UDP Encapsulation of SCTP Packets for End-Host to End-Host Communication'],
  ['3758', 'Partial Reliability Extension'],
  ['4820', 'Padding Chunk and Parameter'],
  ['6525', 'Stream Reconfiguration'],
  ['7053', 'SACK-IMMEDIATELY Extension'],
  ['7496', 'Additional Policies for the Partially Reliable Extension'],
  ['8260', 'Stream Schedulers and User Message Interleaving'],
  ['9653', 'Zero Checksum'],
]);

const { values: given } = parseArgs({
  options: { json: { type: 'boolean' }, text: { type: 'string', multiple: true, default: [] } },
});

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const notDone = readJson('docs/requirements/not-done.json');
const restated = readJson('docs/requirements/restated.json');
const clauses = readJson('docs/requirements/clauses.json');
const requirements = [...rfcs.keys()].flatMap((rfc) =>
  readJson(`docs/requirements/rfc${rfc}.json`).map((requirement) => ({
    ...requirement,
    rfc,
    normalized: normalized(requirement.text),
    implementedAt: new Set(),
    testedAt: new Set(),
    /** What the sentence asks for, each with the tests that quote it by itself; empty where it asks for one thing. */
    clauses: (clauses[rfc]?.[requirement.id] ?? []).map((text) => ({
      text,
      normalized: normalized(text),
      testedAt: new Set(),
    })),
    reason: notDone[rfc]?.[requirement.id],
    /** The requirement that says the same: what holds for it holds for this one. */
    restates: restated[rfc]?.[requirement.id],
    isReviewed: !notDone.notReviewed?.[rfc]?.includes(requirement.id),
  })),
);

const files = [...sourcesIn('src'), ...sourcesIn('test')];
const ambiguous = [];
for (const { path, quotations } of files) {
  for (const quotation of quotations) {
    const matches = requirementsQuotedBy(quotation);
    if (matches === undefined) ambiguous.push({ path, sentence: quotation.sentence });
    for (const match of matches ?? []) {
      (path.startsWith('src/') ? match.implementedAt : match.testedAt).add(path);
      if (path.startsWith('test/')) clauseQuotedBy(quotation, match)?.testedAt.add(path);
    }
  }
}

for (const requirement of requirements) {
  const original = find(requirement.rfc, requirement.restates);
  for (const path of original?.implementedAt ?? []) requirement.implementedAt.add(path);
  for (const path of original?.testedAt ?? []) requirement.testedAt.add(path);
  if (original !== undefined && requirement.clauses.length === 0) requirement.clauses = original.clauses;
  requirement.reason ??= original?.reason;
}

const document = render();
if (given.json) {
  const report = requirements.map(({ normalized: _, implementedAt, testedAt, clauses, ...requirement }) => ({
    ...requirement,
    implementedAt: [...implementedAt],
    testedAt: [...testedAt],
    untestedClauses: clauses.filter((clause) => clause.testedAt.size === 0).map(({ text }) => text),
  }));
  const current = existsSync(documentPath) ? readFileSync(documentPath, 'utf8') : '';
  console.log(
    JSON.stringify({ requirements: report, unknown: unknownIds(), ambiguous, isCurrent: document === current }),
  );
} else {
  writeFileSync(documentPath, document);
  for (const { path, sentence } of ambiguous) console.warn(`${path}: quotes more than one sentence: "${sentence}"`);
  const misquoted = misquotations();
  for (const { path, rfc, sentence } of misquoted) console.error(`${path}: RFC ${rfc} does not say "${sentence}"`);
  for (const id of unknownIds()) console.error(`not-done.json: there is no ${id}`);
  process.exitCode = misquoted.length > 0 || unknownIds().length > 0 ? 1 : 0;
}

function sourcesIn(directory) {
  return readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path !== 'test/rfc-coverage.test.ts')
    .sort()
    .map((path) => {
      const isConformance = /^test\/conformance\/rfc(\d+)\//.exec(path);
      const quotations = quotationsIn(readFileSync(join(root, path), 'utf8'), {
        strings: path.startsWith('test/'),
        rfc: isConformance?.[1],
        section: isConformance === null ? undefined : /^[0-9A-Z]+(?:\.[0-9]+)*/.exec(basename(path))?.[0],
      });
      return { path, quotations };
    });
}

/** Undefined when the quotation fits several sentences and the sections named beside it do not tell which. */
function requirementsQuotedBy({ rfc, sentence, sections }) {
  const parts = partsOf(sentence);
  const matches = requirements.filter(
    (requirement) => requirement.rfc === rfc && contains(requirement.normalized, parts),
  );
  const whole = matches.filter((requirement) => parts.length === 1 && requirement.normalized === parts[0]);
  if (whole.length > 0) matches.splice(0, matches.length, ...whole);
  if (matches.length < 2) return matches;
  const isNamed = ({ section }) => sections.includes(section);
  const isBelow = ({ section }) => sections.some((each) => section.startsWith(`${each}.`));
  for (const narrowed of [matches.filter(isNamed), matches.filter(isBelow), matches]) {
    if (narrowed.length === 0) continue;
    const isOne =
      new Set(narrowed.map((each) => each.normalized)).size === 1 ||
      new Set(narrowed.map(({ id, restates = id }) => restates)).size === 1;
    // A few words without a key word are how the RFC calls something, not what it demands.
    return isOne ? narrowed : hasKeyWord(sentence) ? undefined : [];
  }
}

/** The one clause of a sentence that a quotation is about; undefined when it is about several, or none. */
function clauseQuotedBy({ sentence }, requirement) {
  const parts = partsOf(sentence);
  const touched = requirement.clauses.filter((clause) =>
    parts.some((part) => part.includes(clause.normalized) || clause.normalized.includes(part)),
  );
  return touched.length === 1 ? touched[0] : undefined;
}

function find(rfc, id) {
  return requirements.find((requirement) => requirement.rfc === rfc && requirement.id === id);
}

/** Identifiers in the lists beside the requirements that none of these has. */
function unknownIds() {
  return [...rfcs.keys()].flatMap((rfc) => {
    const ids = [
      ...Object.keys(notDone[rfc] ?? {}),
      ...(notDone.notReviewed?.[rfc] ?? []),
      ...Object.entries(restated[rfc] ?? {}).flat(),
      ...Object.keys(clauses[rfc] ?? {}),
    ];
    const strange = requirements.filter(
      (each) =>
        each.rfc === rfc &&
        clauses[rfc]?.[each.id] &&
        each.clauses.some((clause) => !contains(each.normalized, partsOf(clause.text))),
    );
    return [
      ...ids.filter((id) => find(rfc, id) === undefined),
      ...strange.map(({ id }) => `${id}: a clause of it`),
    ].map((id) => `RFC ${rfc} ${id}`);
  });
}

/** Quotations that name a section of an RFC whose text does not contain them. */
function misquotations() {
  const texts = new Map(given.text.map((each) => each.split('=')).map(([rfc, path]) => [rfc, normalizedText(path)]));
  return files.flatMap(({ path, quotations }) =>
    quotations
      .filter(({ rfc, hasSection }) => hasSection && texts.has(rfc))
      .filter(({ rfc, sentence }) => !contains(texts.get(rfc), partsOf(sentence)))
      .map(({ rfc, sentence }) => ({ path, rfc, sentence })),
  );
}

function normalizedText(path) {
  return normalized(readFileSync(path, 'utf8'));
}

function render() {
  const isMust = ({ level }) => /^(?:MUST|SHALL|REQUIRED)/.test(level);
  const summary = [...rfcs].map(([rfc, title]) => {
    const all = requirements.filter((requirement) => requirement.rfc === rfc);
    const count = (filter) =>
      `${all.filter(isMust).filter(filter).length} + ${all.filter((r) => !isMust(r)).filter(filter).length}`;
    return row([
      `[RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc}): ${title}`,
      count(() => true),
      count((r) => r.reason === undefined && r.implementedAt.size > 0 && r.testedAt.size > 0),
      count((r) => r.reason === undefined && r.implementedAt.size > 0 && r.testedAt.size === 0),
      count((r) => r.reason !== undefined),
      count((r) => !r.isReviewed),
    ]);
  });
  const chapters = [...rfcs].flatMap(([rfc, title]) => [`## RFC ${rfc}: ${title}`, '', ...sectionsOf(rfc)]);
  return [
    '# RFC coverage',
    '',
    'Every sentence with a key word of RFC 2119 (MUST, SHALL, REQUIRED, SHOULD, RECOMMENDED and their negations), and where',
    'it is implemented and tested. Generated by `npm run coverage:rfc` from the quotations in the comments of `src/` and in',
    'the comments and test names of `test/`: search the file for the sentence to find the line. Sections that ask nothing of',
    'an implementation (conventions, IANA, references) are left out by `scripts/extract-requirements.mjs`.',
    '',
    'Counts are of MUST-like + SHOULD-like sentences. A test fails where a MUST has neither both an implementation and a test',
    'nor a reason, or a SHOULD has neither an implementation nor a reason. A sentence that asks for several things has its',
    'clauses in bold; each of them has to be quoted by a test for itself.',
    '',
    row([
      'RFC',
      'sentences',
      'implemented and tested',
      'implemented',
      'does not apply, or is not done',
      'not reviewed',
    ]),
    row(['---', '---', '---', '---', '---', '---']),
    ...summary,
    '',
    ...chapters,
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

function sectionsOf(rfc) {
  const own = requirements.filter((requirement) => requirement.rfc === rfc);
  const sections = [...new Set(own.map(({ section }) => section))];
  return sections.flatMap((section) => [
    `### §${section}`,
    '',
    row(['', 'sentence', 'implemented', 'tested']),
    row(['---', '---', '---', '---']),
    ...own.filter((requirement) => requirement.section === section).map(rowOf),
    '',
  ]);
}

function rowOf({ id, text, implementedAt, testedAt, clauses, reason, restates, isReviewed }) {
  const because = [restates && `as ${restates}:`, reason && `*${reason}*`].filter(Boolean).join(' ');
  const implemented = [...implementedAt].map((path) => link(path)).join(', ');
  const state = isReviewed ? [because, implemented].filter((part) => part !== '').join(' ') : '**not reviewed yet**';
  const sentence = clauses.reduce((marked, clause) => marked.replace(clause.text, `**${clause.text}**`), text);
  return row([id, sentence.replaceAll('|', '\\|'), state, [...testedAt].map((path) => link(path)).join(', ')]);
}

function link(path) {
  return `[${path.replace(/^(?:src|test)\//, '').replace(/(?:\.test)?\.ts$/, '')}](../${path})`;
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}
