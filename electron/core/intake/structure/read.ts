import { byteTextsOf } from '../bytewise/index.ts';
import { type TextView, utf8 } from '../text/text-view.ts';
import { readCsv } from './csv.ts';
import { readDotenv } from './dotenv.ts';
import { readHcl } from './hcl.ts';
import { readIni } from './ini.ts';
import { readJson } from './json.ts';
import { type Group, LONG_LETTERS, type Structure } from './nodes.ts';
import { readToml } from './toml.ts';
import { readYaml } from './yaml.ts';

type Reader = (view: TextView) => Structure | null;

/** Tried in this order when the name says nothing: the strictest first, YAML, which takes most, last. */
const READERS: readonly Reader[] = [readDotenv, readToml, readHcl, readIni, readCsv, readYaml];

const HINTS: readonly (readonly [RegExp, Reader])[] = [
  [/(?:^|\/)\.env(?:$|\.)|\.env$/i, readDotenv],
  [/\.ya?ml$/i, readYaml],
  [/\.(?:csv|tsv)$/i, readCsv],
  [/\.(?:ini|cfg|conf|properties)$|(?:^|\/)(?:credentials|config)$/i, readIni],
  [/\.toml$/i, readToml],
  [/\.(?:tf|tfvars|hcl|nomad)$/i, readHcl],
];

/** Programs: whatever a reader of data makes of their lines, a blob in them stands in a line of text. */
const PROGRAM =
  /\.(?:[cm]?[jt]sx?|sql|py|rb|go|java|kts?|rs|[ch]|cc|cpp|hpp|cs|fs|vb|php|swift|scala|groovy|pl|pm|lua|r|dart|ex|exs|erl|hs|clj|vue|svelte|ps1)$/i;

const read = new WeakMap<TextView, { structure: Structure | null }>();

/**
 * Reads text by trying: JSON by its first character and validity, then what the name hints at, then the others. Each
 * reader is strict, so that a wrong extension does not matter. Null when the text is none of these. Never throws; time
 * and memory linear, values bounded. Read once for a view, however many formats ask.
 *
 * Which reader answers never depends on the bytes of a blob: readers see other letters in place of strings of escapes,
 * and none but JSON may take a blob for a name.
 */
export function readStructure(view: TextView, name: string): Structure | null {
  const before = read.get(view);
  if (before !== undefined) return before.structure;
  const shown: Shown = { ...view };
  const text = withoutStrings(view);
  if (text !== view.text) {
    shown.text = text;
    shown.read = view.charset === 'utf-8' ? (start, end) => utf8(text.slice(start, end)) : slicer(text);
  }
  const structure = tryAll(shown, name);
  // What is read are the values as they stand.
  shown.text = view.text;
  shown.read = view.read;
  read.set(view, { structure });
  return structure;
}

type Shown = { -readonly [K in keyof TextView]: TextView[K] };

function slicer(text: string): TextView['read'] {
  return (start, end) => text.slice(start, end);
}

/** The text with letters in place of bytes that are written as a string with escapes, or as a dump. */
function withoutStrings(view: TextView): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, writing } of byteTextsOf(view)) {
    if (writing?.form === 'items' || start < at) continue;
    parts.push(view.text.slice(at, start), view.text.slice(start, end).replaceAll(/[^\r\n]/g, 'A'));
    at = end;
  }
  return parts.length === 0 ? view.text : parts.join('') + view.text.slice(at);
}

function tryAll(view: TextView, name: string): Structure | null {
  const json = readJson(view);
  if (json !== null) return json;
  const hinted = HINTS.find(([pattern]) => pattern.test(name))?.[1];
  const first = hinted?.(view) ?? null;
  if (first !== null && !hasLongName(first)) return first;
  if (PROGRAM.test(name)) return null;
  for (const reader of READERS) {
    const structure = reader === hinted ? null : reader(view);
    if (structure !== null && !hasLongName(structure)) return structure;
  }
  return null;
}

/** Whether a blob, or what stands for one, is part of a name. */
function hasLongName({ roots }: Structure): boolean {
  const waiting: Group[] = [...roots];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop())
    for (const member of group.members) {
      if (typeof member.key === 'string' && member.key.length >= 64 && LONG_LETTERS.test(member.key))
        return true;
      if ('members' in member) waiting.push(member);
    }
  return false;
}
