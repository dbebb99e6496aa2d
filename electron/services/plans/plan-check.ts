import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { FaultError } from '#shared/model/fault.ts';
import type { PlannedFile } from '#shared/model/plan.ts';
import type { PlanBlobState, PlanCheck } from '#shared/model/plan-view.ts';
import { memberName, readMember, readSource, scan } from '../../core/intake/index.ts';
import type { FileStanding } from '../../core/rotation/index.ts';

/** Others get a turn this often, milliseconds. */
const TURN_MS = 20;
/** Most files listed. */
const LISTED = 200;

/** How each blob of one file of a plan stands. */
export interface Standing {
  readonly file: PlannedFile;
  /** Where it is looked for; null where that is not known. */
  readonly path: string | null;
  /** Of each blob, in the plan's order. */
  readonly states: readonly PlanBlobState[];
  readonly why: string | null;
}

interface FileLookup {
  /** Where a file is; null where this host reads none such. */
  readonly place: (file: PlannedFile) => string | null;
  /** Whether a key material is known to be the destination's. */
  readonly there: (fingerprint: string) => boolean;
  /** What runs of the plan did of its file of this index. */
  readonly before: (index: number) => FileStanding | null;
}

/** Reads each file of a plan and says how it stands. Nothing is kept of what was read. */
export async function standings(files: readonly PlannedFile[], look: FileLookup): Promise<Standing[]> {
  const all: Standing[] = [];
  let turn = performance.now() + TURN_MS;
  for (const [index, file] of files.entries()) {
    if (performance.now() > turn) {
      await setImmediate();
      turn = performance.now() + TURN_MS;
    }
    all.push(await standing(file, look, look.before(index)));
  }
  return all;
}

async function standing(
  planned: PlannedFile,
  { place, there }: FileLookup,
  before: FileStanding | null,
): Promise<Standing> {
  // After a run it is that run's content that is expected.
  const file = before === null ? planned : { ...planned, sha256: before.sha256 };
  const path = place(file);
  const same = (state: PlanBlobState, why: string | null = null): Standing => ({
    file,
    path,
    states: file.blobs.map(() => state),
    why,
  });
  if (path === null) return same('unknown');
  const isThere = (fingerprint: string | null) => fingerprint !== null && there(fingerprint);
  try {
    const { bytes, sha256 } =
      memberName(path) === null ? await readSource(path) : await readMember(path, file.sha256);
    if (sha256 === file.sha256)
      return {
        file,
        path,
        states: file.blobs.map(({ fingerprint }, i) =>
          before?.done[i] != null ? 'done' : isThere(fingerprint) ? 'there' : 'ready',
        ),
        why: null,
      };
    const now = new Map(scan(bytes, path).blobs.map((found) => [found.place, found]));
    const states = file.blobs.map(({ place: at, sha256: planned }, i): PlanBlobState => {
      if (before?.done[i] != null) return 'done';
      const found = now.get(at);
      if (found === undefined) return 'gone';
      if (hash('sha256', found.bytes, 'hex') === planned) return 'file-changed';
      return isThere(found.identification.keyFingerprint) ? 'there' : 'blob-changed';
    });
    return { file, path, states, why: null };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const { code, message } = error.fault;
    return code === 'FileMissing' ? same('missing') : same('unreadable', message);
  }
}

/** The worst of a file's states stands for it. */
const GRAVITY: readonly PlanBlobState[] = [
  'missing',
  'unreadable',
  'unknown',
  'gone',
  'blob-changed',
  'file-changed',
  'there',
  'done',
  'ready',
];

/** A summary of standings: counts by state, and the files that are not wholly as planned. */
export function summed(all: readonly Standing[]): Pick<PlanCheck, 'counts' | 'files' | 'filesTotal'> {
  const sums = new Map<PlanBlobState, { blobs: number; files: number }>();
  const odd: PlanCheck['files'] = [];
  for (const { file, states, why } of all) {
    for (const state of new Set(states)) {
      const sum = sums.get(state) ?? { blobs: 0, files: 0 };
      sum.files += 1;
      sum.blobs += states.filter((each) => each === state).length;
      sums.set(state, sum);
      if (state !== 'ready')
        odd.push({ file: file.path, state, blobs: states.filter((each) => each === state).length, why });
    }
  }
  const rank = (state: PlanBlobState) => GRAVITY.indexOf(state);
  return {
    counts: GRAVITY.toReversed().flatMap((state) => {
      const touches = sums.get(state);
      return touches === undefined ? [] : [{ state, touches }];
    }),
    files: odd.sort((a, b) => rank(a.state) - rank(b.state)).slice(0, LISTED),
    filesTotal: odd.length,
  };
}
