import type { TextView } from '../text-view.ts';
import { readCsv } from './csv.ts';
import { readDotenv } from './dotenv.ts';
import { readHcl } from './hcl.ts';
import { readIni } from './ini.ts';
import { readJson } from './json.ts';
import type { Structure } from './nodes.ts';
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

const read = new WeakMap<TextView, { structure: Structure | null }>();

/**
 * Reads text by trying: JSON by its first character and validity, then what the name hints at, then the others. Each
 * reader is strict, so that a wrong extension does not matter. Null when the text is none of these. Never throws; time
 * and memory linear, values bounded. Read once for a view, however many formats ask.
 */
export function readStructure(view: TextView, name: string): Structure | null {
  const before = read.get(view);
  if (before !== undefined) return before.structure;
  const structure = tryAll(view, name);
  read.set(view, { structure });
  return structure;
}

function tryAll(view: TextView, name: string): Structure | null {
  const json = readJson(view);
  if (json !== null) return json;
  const hinted = HINTS.find(([pattern]) => pattern.test(name))?.[1];
  const first = hinted?.(view) ?? null;
  if (first !== null) return first;
  for (const reader of READERS) {
    const structure = reader === hinted ? null : reader(view);
    if (structure !== null) return structure;
  }
  return null;
}
