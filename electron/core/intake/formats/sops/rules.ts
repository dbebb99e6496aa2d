import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { positionOf } from '../../structure/index.ts';
import type { Format } from '../format.ts';

const NAME = /(?:^|[\\/])\.?sops\.ya?ml$/i;
const KEY = /arn:aws[\w-]{0,20}:kms:[a-z0-9-]{1,40}:\d{12}:(?:key|alias)\/[\w/-]{1,256}/g;
/** Most keys of one file that are reported. */
const MOST = 100;

/** `.sops.yaml`: its rules hold no ciphertext, and name the keys that SOPS gives to new and updated files. */
export const sopsRules: Format = {
  container: 'sops',
  read({ text: view, name }) {
    if (view === null || !NAME.test(name) || !view.text.includes('creation_rules')) return null;
    const findings: Finding[] = [];
    for (const match of view.text.matchAll(KEY)) {
      const { line } = positionOf(view, match.index);
      const start = view.text.lastIndexOf('\n', match.index) + 1;
      if (/^\s*#/.test(view.text.slice(start, match.index)) || findings.length >= MOST) continue;
      findings.push(
        finding('sops-rule-names-key', {
          evidence: [`Line ${line}.`],
          values: { key: match[0] },
          range: { start: view.byteAt(match.index), end: view.byteAt(match.index + match[0].length) },
        }),
      );
    }
    return findings.length === 0 ? null : { blobs: [], findings, plaintext: [] };
  },
};
