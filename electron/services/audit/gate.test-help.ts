import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { DeletionGate } from '#shared/model/deletion-gate.ts';
import { engineAt } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';

export const arn = (n: number): string =>
  `arn:aws:kms:us-east-1:111122223333:key/${String(n).repeat(8)}-1111-4111-8111-111111111111`;
export const KEY = arn(1);
export const OTHER = arn(2);

/** A blob of a key material, in base64; those of another `nonce` are another blob. */
const blobs = new Map<string, string>();
export function blob(material: number, nonce = 0): string {
  const at = `${material} ${nonce}`;
  const known =
    blobs.get(at) ??
    Buffer.from(assemble({ layout: 'v2', fingerprint: Buffer.alloc(32, material) })).toString('base64');
  blobs.set(at, known);
  return known;
}
export const json = (material: number, key: string | null, nonce = 0): string =>
  JSON.stringify({ CiphertextBlob: blob(material, nonce), ...(key === null ? {} : { KeyId: key }) });
export const sops = (entries: readonly (readonly [number, string])[], more = ''): string =>
  [
    'secret: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]',
    'sops:',
    '    kms:',
    ...entries.flatMap(([material, key]) => [
      `        - arn: ${key}`,
      "          created_at: '2024-01-01T00:00:00Z'",
      `          enc: ${blob(material)}`,
      '          aws_profile: ""',
    ]),
    more,
    "    lastmodified: '2024-01-01T00:00:00Z'",
    '    mac: ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]',
    '    version: 3.9.0',
    '',
  ].join('\n');
export const PGP = `    pgp:
        - created_at: '2024-01-01T00:00:00Z'
          enc: |
            -----BEGIN PGP MESSAGE-----

            hQEMA
            -----END PGP MESSAGE-----
          fp: ABCDEF0123456789ABCDEF0123456789ABCDEF01`;

interface Gated {
  top: string;
  tree: string;
  page: Client['page'];
  host: Client['host'];
  put(name: string, content: string | Uint8Array): void;
  git(...args: string[]): void;
  commit(): void;
  repository(): void;
  gate(keys?: readonly string[], paths?: readonly string[], nameless?: string[]): Promise<DeletionGate>;
}

/** A folder to audit and an engine that does it, anew for each test of the file that calls this. */
export function gateSetUp(): Gated {
  let engine: Engine;
  const set: Gated = {
    top: '',
    tree: '',
    page: undefined as never,
    host: undefined as never,
    put: (name, content) => {
      mkdirSync(join(set.tree, name, '..'), { recursive: true });
      writeFileSync(join(set.tree, name), content);
    },
    git: (...args) => {
      execFileSync('git', ['-c', 'protocol.file.allow=always', '-C', set.tree, ...args], {
        env: {
          ...process.env,
          GIT_CONFIG_GLOBAL: devNull,
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_AUTHOR_NAME: 'n',
          GIT_AUTHOR_EMAIL: 'e',
          GIT_COMMITTER_NAME: 'n',
          GIT_COMMITTER_EMAIL: 'e',
        },
        stdio: 'ignore',
      });
    },
    commit: () => {
      set.git('add', '-A');
      set.git('commit', '-q', '-m', 'one');
    },
    /** A file under another key, committed. */
    repository: () => {
      set.git('init', '-q', '-b', 'main');
      set.put('other.json', json(2, OTHER));
      set.commit();
    },
    gate: async (keys = [KEY], paths = [set.tree], nameless = []) => {
      await set.host.intake.addPaths({ paths: [...paths], origin: 'path' });
      return set.host.audit.deletionGates({ keys: [...keys], nameless });
    },
  };
  beforeEach(async () => {
    set.top = mkdtempSync(join(tmpdir(), 'rewrap-gate-'));
    set.tree = join(set.top, 'tree');
    mkdirSync(set.tree);
    engine = engineAt(join(set.top, 'home'));
    ({ page: set.page, host: set.host } = client(engine));
  });
  afterEach(async () => {
    await engine.close();
    rmSync(set.top, { recursive: true, force: true });
  });
  return set;
}

/** What the answer says of the first key, without what is none. */
export function counts({ keys: [first] }: DeletionGate): Record<string, number> {
  if (first === undefined) return {};
  const { impact, inArchives, history } = first;
  const { lost, otherWay, maybeOtherWay, possible, viaAlias, contradicted, damaged } = impact;
  const all = {
    lost,
    otherWay,
    maybeOtherWay,
    possible,
    viaAlias,
    contradicted,
    damaged,
    references: impact.references.length,
    inArchives,
    history: history.under,
    held: history.held,
    historyPossible: history.possible,
  };
  return Object.fromEntries(Object.entries(all).filter(([, n]) => n > 0));
}
