import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** File names that hold a licence or a notice that must travel with the code. */
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([-.].*)?$/i;

/** One package of the licence list. */
interface Licence {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of the package's own manifest. */
  readonly spdx: string;
  readonly author: string;
  /** Texts of its licence and notice files. */
  readonly texts: readonly string[];
}

/**
 * Licences that allow what is done here: copying the code into an application under Apache-2.0. Anything else is for
 * a person to judge, so the build stops at it.
 */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
]);

/** Reads manifest and licence files of a package's folder. Throws on a licence that is not allowed yet. */
export function licenceOf(folder: string): Licence {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string | { type: string };
    author?: string | { name: string };
  };
  const spdx = typeof manifest.license === 'object' ? manifest.license.type : (manifest.license ?? 'none');
  const choices = spdx.replace(/^\(|\)$/g, '').split(' OR ');
  if (!choices.some((choice) => ALLOWED.has(choice)))
    throw new Error(
      `${manifest.name} has the licence "${spdx}", which tools/package/licences.ts does not allow`,
    );
  const { author } = manifest;
  return {
    name: manifest.name,
    version: manifest.version,
    spdx,
    author: (typeof author === 'object' ? author.name : author) ?? `the authors of ${manifest.name}`,
    texts: readdirSync(folder)
      .filter((name) => LICENCE_FILE.test(name))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim()),
  };
}

/** The licence list: what is inside the bundles, under which licence, and each text once. */
export function licenceList(folders: Iterable<string>): string {
  const licences = [...folders]
    .map(licenceOf)
    .sort((a, b) => `${a.name} ${a.version}`.localeCompare(`${b.name} ${b.version}`, 'en'));
  const byText = new Map<string, Licence[]>();
  for (const licence of licences) {
    const texts = licence.texts.length > 0 ? licence.texts : [standIn(licence)];
    for (const text of texts) byText.set(text, [...(byText.get(text) ?? []), licence]);
  }
  const line = '─'.repeat(100);
  const id = ({ name, version }: Licence) => `${name} ${version}`;
  return [
    'Rewrap contains code of these packages. The runtime (Electron, Chromium, Node.js) brings its own list.',
    '',
    ...licences.map((licence) => `  ${id(licence)} · ${licence.spdx}`),
    '',
    ...[...byText].flatMap(([text, of]) => [line, of.map(id).join(', '), line, '', text, '']),
  ].join('\n');
}

/** For the few packages that ship no licence file: what their manifest says. */
function standIn({ spdx, author }: Licence): string {
  return `This package ships no licence text. Its manifest says: ${spdx}, by ${author}.`;
}
