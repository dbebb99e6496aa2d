import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import { plaintextCapacity, takesEncryptionContext } from '#shared/kms/facts.ts';
import { LARGE_JOB } from '#shared/kms/scale.ts';
import type { BlobRow, SourceInfo } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { OutputChoice, RunMethod, RunRequest } from '#shared/model/run.ts';
import { contextProblem, type Pair } from './context.ts';

export type Family = 'symmetric' | 'rsa';

export interface Draft {
  /** The blobs chosen when the sheet was opened, all families, those not offered left out. */
  readonly rows: readonly BlobRow[];
  readonly leftOut: readonly BlobRow[];
  readonly family: Family;
  readonly source: {
    /** Null: KMS finds the key from the blob (symmetric only). */
    readonly key: KeyInfo | null;
    readonly algorithm: EncryptionAlgorithm;
    readonly mode: 'declared' | 'given' | 'none';
    readonly pairs: readonly Pair[];
  };
  readonly destination: {
    readonly key: KeyInfo | null;
    readonly algorithm: EncryptionAlgorithm | null;
    readonly mode: 'same' | 'changed' | 'given' | 'none';
    readonly pairs: readonly Pair[];
    /** Of mode 'changed': pairs to add to each blob's own context, and keys to take out of it. */
    readonly add: readonly Pair[];
    readonly remove: readonly string[];
  };
  readonly grantTokens: string;
  readonly output: {
    readonly mode: OutputChoice['mode'] | null;
    readonly backup: boolean;
    readonly folder: { readonly token: string; readonly path: string } | null;
  };
  readonly verify: boolean;
  /** Requests a second at most: the estimate reckons with it and the run keeps to it. Null: no ceiling. */
  readonly perSecond: number | null;
  /** Processes that do the files of a large run. */
  readonly processes: number;
  /** A file of which a blob fails takes the good ones, rather than staying as it was. */
  readonly takeGood: boolean;
  /** Send blobs, too, that are known to be under the destination's key material. */
  readonly evenIfThere: boolean;
  /** Copy files, too, in which a value beside a blob may be its plaintext. */
  readonly allowPossiblePlaintext: boolean;
  /** Send blobs, too, that an emulator of KMS made. */
  readonly emulatorBlobs: boolean;
  /** 'decrypt-encrypt' only after a person has agreed to it for the next run. */
  readonly method: RunMethod;
  /** Blobs that a preflight found failing and the person leaves out. */
  readonly excluded: ReadonlySet<string>;
}

/** A draft of nothing yet. */
export const EMPTY_DRAFT: Draft = {
  rows: [],
  leftOut: [],
  family: 'symmetric',
  source: { key: null, algorithm: 'SYMMETRIC_DEFAULT', mode: 'declared', pairs: [] },
  destination: { key: null, algorithm: null, mode: 'same', pairs: [], add: [], remove: [] },
  grantTokens: '',
  output: { mode: null, backup: true, folder: null },
  verify: true,
  perSecond: null,
  processes: 1,
  takeGood: false,
  evenIfThere: false,
  allowPossiblePlaintext: false,
  emulatorBlobs: false,
  method: 'reencrypt',
  excluded: new Set(),
};

/** The algorithm that is chosen with a key: symmetric first; for RSA the stronger hash first. */
export function firstAlgorithm(key: KeyInfo): EncryptionAlgorithm | null {
  const order: EncryptionAlgorithm[] = [
    'SYMMETRIC_DEFAULT',
    'RSAES_OAEP_SHA_256',
    'RSAES_OAEP_SHA_1',
    'SM2PKE',
  ];
  return order.find((algorithm) => key.algorithms.includes(algorithm)) ?? null;
}

/** At most `most` blobs of a request, one of each key material first. */
export function fewOf(
  blobIds: readonly string[],
  byId: Pick<ReadonlyMap<string, BlobRow>, 'get'>,
  most: number,
): string[] {
  const seen = new Set<string | null>();
  const few: string[] = [];
  for (const id of blobIds) {
    const material = byId.get(id)?.identification.keyFingerprint ?? null;
    if (few.length < most && !seen.has(material)) few.push(id);
    seen.add(material);
  }
  const rest = blobIds.filter((id) => !few.includes(id));
  return [...few, ...rest.slice(0, most - few.length)];
}

export const familyOf = (row: BlobRow): Family =>
  row.identification.kind === 'kms-asymmetric-candidate' ? 'rsa' : 'symmetric';

/** Whether an emulator of KMS made a blob: only that emulator opens it. */
export const isOfEmulator = (row: BlobRow): boolean => row.identification.kind === 'emulator';

/** The blobs this draft would send: of the chosen family, less the excluded. */
export function draftRows(draft: Draft): BlobRow[] {
  const emulated = draft.emulatorBlobs ? draft.leftOut.filter(isOfEmulator) : [];
  return [...draft.rows, ...emulated].filter(
    (row) => familyOf(row) === draft.family && !draft.excluded.has(row.id),
  );
}

/** Whether a file of the draft holds a value that may be a plaintext without a name. */
export const hasPossiblePlaintext = (draft: Draft): boolean =>
  draftRows(draft).some(({ findings }) => findings.includes('possible-plaintext-beside-blob'));

/** Number of different files among rows. */
export const fileCount = (rows: readonly BlobRow[]): number => new Set(rows.map((row) => row.sourceId)).size;

/** Ways out that make sense for these blobs on this host, each with the reason why not. */
export function outputsFor(
  rows: readonly BlobRow[],
  sources: readonly SourceInfo[],
  host: { folder: boolean; download: boolean },
): { mode: OutputChoice['mode']; refused: string | null }[] {
  const origins = new Map(sources.map((source) => [source.id, source.origin]));
  const homeless = rows.filter((row) => origins.get(row.sourceId) !== 'path').length;
  const packed = rows.filter((row) => origins.get(row.sourceId) === 'archive').length;
  const list: { mode: OutputChoice['mode']; refused: string | null }[] = [];
  const inPlace =
    homeless === 0
      ? null
      : homeless === rows.length
        ? homelessWords('These blobs', packed, homeless)
        : homelessWords(`${homeless} of these blobs`, packed, homeless);
  list.push({ mode: 'in-place', refused: inPlace });
  if (host.folder) list.push({ mode: 'folder', refused: null });
  if (host.download || homeless > 0) list.push({ mode: 'download', refused: null });
  return list;
}

/** Why files cannot be replaced: `packed` of them stand in archives, the others have no file here. */
function homelessWords(which: string, packed: number, homeless: number): string {
  if (packed === homeless) return `${which} are in archives, which Rewrap reads but does not write.`;
  return packed === 0
    ? `${which} were pasted or uploaded: there is no file on this machine to replace.`
    : `${which} were pasted or uploaded, or are in archives: there is no file on this machine to replace.`;
}

export type Built = { ok: true; request: RunRequest } | { ok: false; problems: readonly string[] };

/** The request of a draft, or what is still missing from it, in the order of the sheet. */
export function buildRequest(draft: Draft, dryRun: boolean): Built {
  const problems: string[] = [];
  const rows = draftRows(draft);
  if (rows.length === 0) problems.push('No blob is left to re-encrypt.');

  const { source, destination, output } = draft;
  const sourceTakesContext = takesEncryptionContext(source.algorithm);
  if (!sourceTakesContext && source.key === null)
    problems.push('Choose the source key: the blob of an RSA key does not name it.');
  const sourceContext = contextProblem(source.pairs);
  if (sourceTakesContext && source.mode === 'given' && sourceContext.context === null)
    problems.push('Correct the source encryption context.');

  if (destination.key === null) problems.push('Choose the destination key.');
  else if (destination.algorithm === null) problems.push('Choose the destination algorithm.');
  const destinationContext = contextProblem(destination.pairs);
  const destinationTakesContext =
    destination.algorithm !== null && takesEncryptionContext(destination.algorithm);
  if (destinationTakesContext && destination.mode === 'given' && destinationContext.context === null)
    problems.push('Correct the destination encryption context.');
  const changes = checkChanges(destination);
  if (destinationTakesContext && destination.mode === 'changed' && changes.context === null)
    problems.push(changes.problem ?? 'Correct the pairs to add.');

  const tokens = draft.grantTokens.split(/\s+/).filter(Boolean);
  if (tokens.length > 10) problems.push('KMS takes at most 10 grant tokens.');
  const out = outputOf(output);
  if (out === null)
    problems.push(output.mode === 'folder' ? 'Choose the output folder.' : 'Choose where the new blobs go.');

  if (problems.length > 0 || destination.key === null || destination.algorithm === null || out === null)
    return { ok: false, problems };
  return {
    ok: true,
    request: {
      blobIds: rows.map((row) => row.id),
      source: {
        keyId: source.key?.arn ?? null,
        algorithm: source.algorithm,
        context:
          !sourceTakesContext || source.mode === 'none'
            ? { mode: 'given', context: {} }
            : source.mode === 'given'
              ? { mode: 'given', context: sourceContext.context ?? {} }
              : { mode: 'declared' },
      },
      destination: {
        keyId: destination.key.arn,
        algorithm: destination.algorithm,
        context:
          !destinationTakesContext || destination.mode === 'none'
            ? { mode: 'given', context: {} }
            : destination.mode === 'given'
              ? { mode: 'given', context: destinationContext.context ?? {} }
              : destination.mode === 'changed'
                ? { mode: 'changed', add: changes.context ?? {}, remove: [...destination.remove] }
                : { mode: 'same' },
      },
      grantTokens: tokens,
      output: out,
      method: draft.method,
      verify: draft.verify,
      dryRun,
      onFailure: draft.takeGood ? 'take-good' : 'hold-back',
      evenIfThere: draft.evenIfThere,
      ...(draft.allowPossiblePlaintext ? { allowPossiblePlaintext: true } : {}),
      ...(draft.emulatorBlobs ? { emulatorBlobs: true } : {}),
      pace: {
        concurrency: null,
        perSecond: draft.perSecond,
        ...(!dryRun && draft.processes > 1 && mayUseProcesses(draft) ? { processes: draft.processes } : {}),
      },
    },
  };
}

/** Whether several processes may do the files of what is asked for: enough blobs, inside KMS, and into files. */
const mayUseProcesses = (draft: Draft): boolean =>
  draft.method === 'reencrypt' && draft.output.mode !== 'download' && draftRows(draft).length > LARGE_JOB;

/** The pairs to add, checked against the keys to take out: a key in both says two things at once. */
export function checkChanges({ add, remove }: Draft['destination']): {
  readonly context: EncryptionContext | null;
  /** What the pairs' own lines do not say. */
  readonly problem: string | null;
} {
  const { context } = contextProblem(add);
  const both = context === null ? undefined : remove.find((key) => Object.hasOwn(context, key));
  if (both !== undefined)
    return { context: null, problem: `“${both}” is both added and removed: do one of the two.` };
  if (context !== null && Object.keys(context).length === 0 && remove.length === 0)
    return { context: null, problem: 'Add or remove at least one pair.' };
  return { context, problem: null };
}

/** The context that each blob has on the source side, as it will be sent; null: none. */
export function ownContexts(draft: Draft): (EncryptionContext | null)[] {
  const { source } = draft;
  if (!takesEncryptionContext(source.algorithm) || source.mode === 'none')
    return draftRows(draft).map(() => null);
  if (source.mode === 'declared') return draftRows(draft).map((row) => row.declared.encryptionContext);
  const { context } = contextProblem(source.pairs);
  return draftRows(draft).map(() => context);
}

/** Blobs that the destination cannot take, known before anything is asked. */
interface Misfits {
  /** SOPS opens a data key with a symmetric key alone. */
  readonly sops: readonly BlobRow[];
  /** Longer than the destination key and algorithm hold, and how much they hold, in bytes. */
  readonly tooLong: readonly BlobRow[];
  readonly room: number | null;
}

export function misfits(draft: Draft): Misfits {
  const { key, algorithm } = draft.destination;
  if (key === null || algorithm === null || takesEncryptionContext(algorithm))
    return { sops: [], tooLong: [], room: null };
  const rows = draftRows(draft);
  const room = key.spec === null ? null : plaintextCapacity(key.spec, algorithm);
  const tooLong = rows.filter(
    ({ identification: { plaintextBytes } }) =>
      room !== null && plaintextBytes !== null && plaintextBytes > room,
  );
  return { sops: rows.filter((row) => row.container === 'sops'), tooLong, room };
}

function outputOf(output: Draft['output']): OutputChoice | null {
  if (output.mode === 'in-place') return { mode: 'in-place', backup: output.backup };
  if (output.mode === 'download') return { mode: 'download' };
  if (output.mode === 'folder' && output.folder !== null)
    return { mode: 'folder', folderToken: output.folder.token };
  return null;
}
