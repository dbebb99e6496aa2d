import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { BlobRow, SourceInfo } from '#shared/model/blob.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { OutputChoice, RunRequest } from '#shared/model/run.ts';
import { checkContext, type Pair } from './context.ts';

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
    readonly mode: 'same' | 'given' | 'none';
    readonly pairs: readonly Pair[];
  };
  readonly grantTokens: string;
  readonly output: {
    readonly mode: OutputChoice['mode'] | null;
    readonly backup: boolean;
    readonly folder: { readonly token: string; readonly path: string } | null;
  };
  readonly verify: boolean;
  /** Blobs that a preflight found failing and the person leaves out. */
  readonly excluded: ReadonlySet<string>;
}

export const familyOf = (row: BlobRow): Family =>
  row.identification.kind === 'kms-asymmetric-candidate' ? 'rsa' : 'symmetric';

/** The blobs this draft would send: of the chosen family, less the excluded. */
export function draftRows(draft: Draft): BlobRow[] {
  return draft.rows.filter((row) => familyOf(row) === draft.family && !draft.excluded.has(row.id));
}

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
  const list: { mode: OutputChoice['mode']; refused: string | null }[] = [];
  const inPlace =
    homeless === 0
      ? null
      : homeless === rows.length
        ? 'These blobs were pasted or uploaded: there is no file on this machine to replace.'
        : `${homeless} of these blobs were pasted or uploaded and have no file to replace.`;
  list.push({ mode: 'in-place', refused: inPlace });
  if (host.folder) list.push({ mode: 'folder', refused: null });
  if (host.download || homeless > 0) list.push({ mode: 'download', refused: null });
  return list;
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
  const sourceContext = checkContext(source.pairs);
  if (sourceTakesContext && source.mode === 'given' && sourceContext.context === null)
    problems.push('Mend the source encryption context.');

  if (destination.key === null) problems.push('Choose the destination key.');
  else if (destination.algorithm === null) problems.push('Choose the destination algorithm.');
  const destinationContext = checkContext(destination.pairs);
  const destinationTakesContext =
    destination.algorithm !== null && takesEncryptionContext(destination.algorithm);
  if (destinationTakesContext && destination.mode === 'given' && destinationContext.context === null)
    problems.push('Mend the destination encryption context.');

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
              : { mode: 'same' },
      },
      grantTokens: tokens,
      output: out,
      verify: draft.verify,
      dryRun,
    },
  };
}

function outputOf(output: Draft['output']): OutputChoice | null {
  if (output.mode === 'in-place') return { mode: 'in-place', backup: output.backup };
  if (output.mode === 'download') return { mode: 'download' };
  if (output.mode === 'folder' && output.folder !== null)
    return { mode: 'folder', folderToken: output.folder.token };
  return null;
}
