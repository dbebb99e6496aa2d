import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { plural } from '#shared/format.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { HistoryBlob, HistoryRepository } from '#shared/model/git-history.ts';
import {
  archiveEntriesOf,
  archiveOf,
  displayPath,
  type FoundBlob,
  INSIDE,
  isLfsPointer,
  scan,
} from '../intake/index.ts';
import { Turns } from '../limits/turns.ts';
import { type FileInHistory, filesInHistory, MOST_PLACES } from './commits.ts';
import { gitObjects, type ObjectCounts } from './objects.ts';
import { gitText } from './run-git.ts';
import { submodulesAbsent } from './submodules.ts';

interface HistoryInput {
  /** A folder of the repository: its working tree, or the repository itself where it is bare. Absolute. */
  readonly path: string;
  /** Its name for people. */
  readonly display: string;
  /** Only files below this folder are of interest; null: all. Absolute. */
  readonly below: string | null;
  /** Whether a blob, by the hex SHA-256 of its bytes, stands in a file of the list. */
  readonly inTree: (sha256: string) => boolean;
}

/** Most blobs of the size of RSA ciphertext that are kept: any random bytes of that size are one. */
const MOST_CANDIDATES = 5000;

interface ReadHistory {
  readonly repository: HistoryRepository;
  readonly blobs: HistoryBlob[];
  /** One blob of each key material, by fingerprint. */
  readonly samples: ReadonlyMap<string, FoundBlob>;
  /** Those of {@link blobs} that have no key material, by hex SHA-256, at most {@link MOST_CANDIDATES}. */
  readonly candidates: ReadonlyMap<string, FoundBlob>;
  /** Where its objects lie, equal for worktrees of one repository; null where that could not be asked. */
  readonly store: string | null;
}

/**
 * Blobs that stand in the history of a repository, and in no file of the list. One pass over objects, one over commits.
 * Never throws for what the repository is: that is part of the answer. `isKnown`: says of a store that it was read before.
 */
export async function readHistory(
  input: HistoryInput,
  isKnown: (store: string) => boolean,
): Promise<ReadHistory | null> {
  const { path, display, below, inTree } = input;
  let store: string | null = null;
  try {
    const [common = '', shallow = '', prefix = ''] = await located(path);
    store = isAbsolute(common) ? common : resolve(path, common);
    if (isKnown(store)) return null;
    const partial = await isPartial(path);
    const counts: ObjectCounts = { blobs: 0, tooLarge: 0 };
    const found = new Map<string, readonly FoundBlob[]>();
    const sums = new Map<FoundBlob, string>();
    let pointers = 0;
    let archives = 0;
    /** Archives of which something was not read. */
    const closed = new Set<string>();
    const turns = new Turns();
    for await (const { oid, bytes } of gitObjects(path, counts)) {
      if (turns.over) await turns.give();
      if (isLfsPointer(bytes)) pointers++;
      const wanted = (content: Uint8Array, inside: string) =>
        scan(content, '').blobs.flatMap((one) => {
          if (!KINDS.has(one.identification.kind)) return [];
          const sum = createHash('sha256').update(one.bytes).digest('hex');
          if (inTree(sum)) return [];
          const placed = inside === '' ? one : { ...one, place: `${inside}: ${one.place}` };
          sums.set(placed, sum);
          return [placed];
        });
      const blobs: FoundBlob[] = [];
      const archive = archiveOf(bytes);
      if (archive === null || archive === 'closed') blobs.push(...wanted(bytes, ''));
      if (archive !== null) {
        archives++;
        for await (const entry of archiveEntriesOf(bytes, oid)) {
          const names = displayPath(entry.names.join(INSIDE));
          if ('problem' in entry) {
            if (entry.problem.code !== 'symlink') closed.add(oid);
          } else if (names !== '') blobs.push(...wanted(entry.bytes, names));
          if (turns.over) await turns.give();
        }
      }
      if (blobs.length > 0) found.set(oid, blobs);
    }
    const stood =
      found.size === 0 ? await commitCount(path) : await filesInHistory(path, new Set(found.keys()));
    const within = below === null ? null : prefixOf(prefix === '' ? path : prefix, below);
    const blobs = rows(display, found, sums, stood, within);
    const absent = (await submodulesAbsent(path, prefix)).filter(
      (name) => within === null || name.startsWith(within) || within.startsWith(`${name}/`),
    );
    const limits = [
      ...(shallow === 'true'
        ? ['It is a shallow clone: history before its oldest commits is not here.']
        : []),
      ...(partial
        ? ['It is a partial clone: contents that were not fetched are not here, and were not read.']
        : []),
      ...(counts.tooLarge > 0
        ? [`${plural(counts.tooLarge, 'file content')} of more than 64 MiB not read.`]
        : []),
      ...(pointers > 0
        ? [
            `${plural(pointers, 'pointer')} of Git LFS: the contents they name are not in the repository, and were not read.`,
          ]
        : []),
      ...(closed.size > 0
        ? [
            `${plural(closed.size, 'archive')} in history (object ${[...closed][0]?.slice(0, 12)}${closed.size > 1 ? ', …' : ''}) not read whole: damaged, encrypted, in a format that is not opened, or beyond a limit.`,
          ]
        : []),
      ...absent.map(
        (name) => `The submodule ${displayPath(name)} is not checked out here: what it holds was not read.`,
      ),
      ...(stood.cut
        ? [
            `Only ${plural(MOST_PLACES, 'place')} of blobs were followed through its commits, and no others are listed.`,
          ]
        : []),
    ];
    return {
      store,
      blobs,
      samples: samplesOf(found),
      candidates: candidatesOf(blobs, sums),
      repository: {
        repository: display,
        failed: null,
        commits: stood.commits,
        contents: counts.blobs,
        notes: [
          ...(archives > 0 ? [`${plural(archives, 'archive')} in history opened.`] : []),
          ...limits,
          ...(within === null ? [] : [`Only what stood below ${displayPath(within)} is listed.`]),
        ],
        limits,
      },
    };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const { message, remedy } = error.fault;
    return {
      store,
      blobs: [],
      samples: new Map(),
      candidates: new Map(),
      repository: {
        repository: display,
        failed: `${message} ${remedy}`.trim(),
        commits: 0,
        contents: 0,
        notes: [],
        limits: [],
      },
    };
  }
}

/** Blobs of KMS: others are no reason to look at history. */
const KINDS: ReadonlySet<string> = new Set(['kms-symmetric', 'kms-like', 'kms-asymmetric-candidate']);

/** Where the objects lie, whether it is shallow, and the top of the working tree: a line each. */
async function located(path: string): Promise<string[]> {
  const text = await gitText(path, ['rev-parse', '--git-common-dir', '--is-shallow-repository']);
  const top = await gitText(path, ['rev-parse', '--show-toplevel']).catch(() => '');
  return [...text.split('\n').slice(0, 2), top.trim()];
}

/** Whether objects may be missing that another repository promised to give when asked. */
const isPartial = (path: string): Promise<boolean> =>
  gitText(path, ['config', '--get-regexp', '^(extensions\\.partialclone|remote\\..*\\.promisor)$']).then(
    (text) => text.trim() !== '',
    // git ends with 1 where nothing is configured so.
    () => false,
  );

function samplesOf(found: ReadonlyMap<string, readonly FoundBlob[]>): Map<string, FoundBlob> {
  const samples = new Map<string, FoundBlob>();
  for (const blobs of found.values())
    for (const blob of blobs) {
      const { keyFingerprint } = blob.identification;
      if (keyFingerprint !== null && !samples.has(keyFingerprint)) samples.set(keyFingerprint, blob);
    }
  return samples;
}

function candidatesOf(
  listed: readonly HistoryBlob[],
  sums: ReadonlyMap<FoundBlob, string>,
): Map<string, FoundBlob> {
  const wanted = new Set(listed.flatMap(({ fingerprint, sha256 }) => (fingerprint === null ? [sha256] : [])));
  const candidates = new Map<string, FoundBlob>();
  for (const [blob, sha256] of sums) {
    if (candidates.size >= MOST_CANDIDATES) break;
    // A copy: the bytes are a part of the whole file.
    if (wanted.has(sha256)) candidates.set(sha256, { ...blob, bytes: blob.bytes.slice() });
  }
  return candidates;
}

async function commitCount(
  path: string,
): Promise<{ filesInHistory: FileInHistory[]; commits: number; cut: boolean }> {
  const text = await gitText(path, ['rev-list', '--count', '--all']);
  return { filesInHistory: [], commits: Number(text.trim()) || 0, cut: false };
}

/** Path of a folder in its repository, with "/" at its end; null where that is all of it. */
function prefixOf(top: string, below: string): string | null {
  const inside = relative(realpathSync(top), below);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside)
    ? null
    : `${inside.split(sep).join('/')}/`;
}

function rows(
  repository: string,
  found: ReadonlyMap<string, readonly FoundBlob[]>,
  sums: ReadonlyMap<FoundBlob, string>,
  {
    filesInHistory: stood,
    cut,
  }: { readonly filesInHistory: readonly FileInHistory[]; readonly cut: boolean },
  within: string | null,
): HistoryBlob[] {
  const byOid = new Map<string, FileInHistory[]>();
  for (const one of stood) byOid.set(one.oid, [...(byOid.get(one.oid) ?? []), one]);
  const made: HistoryBlob[] = [];
  for (const [oid, blobs] of found)
    for (const one of byOid.get(oid) ?? [null]) {
      if (within !== null && one?.path.startsWith(within) !== true) continue;
      // Beyond what is followed, nothing is known of where it stands.
      if (one === null && cut) continue;
      for (const blob of blobs)
        made.push({
          repository,
          file: one === null ? null : displayPath(one.path),
          place: blob.place,
          kind: blob.identification.kind,
          label: blob.identification.label,
          container: blob.container,
          sha256: sums.get(blob) ?? '',
          sizeBytes: blob.bytes.length,
          fingerprint: blob.identification.keyFingerprint,
          declaredKey: blob.declared.keyArn,
          object: oid,
          first: one?.first ?? null,
          last: one?.last ?? null,
          refs: [...(one?.refs ?? [])].map(displayPath),
          reachedBy: one?.reachedBy ?? 0,
          heldBy: one?.heldBy ?? 0,
        });
    }
  return made.sort(
    (a, b) =>
      compare(a.file ?? '\uffff', b.file ?? '\uffff') ||
      compare(a.place, b.place) ||
      compare(a.object, b.object),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
