import { type BlobChange, diffBlobs, type RunPlan } from '#shared/model/plan.ts';
import type { ChangedFiles, PlanComparison, PlanEntry, PlanView } from '#shared/model/plan-view.ts';
import type { Touches } from '#shared/model/run.ts';
import { termsOf } from './plans.ts';

/** Most of each that is listed. */
const MATERIALS = 10;
const CHANGED_FILES = 200;
const PLACES = 5;

/** A plan that is open, under the id and the file name that a page knows it by. */
export interface OpenPlan {
  readonly planId: string;
  readonly name: string;
  readonly plan: RunPlan;
}

/** One place in one file, as a key of a set. */
export const keyOf = ({ path, place }: { readonly path: string; readonly place: string }) =>
  `${path}\0${place}`;

/** Files that have blobs left, and those blobs. */
export function touchesOf(files: readonly { readonly blobs: number }[]): Touches {
  const touched = files.filter(({ blobs }) => blobs > 0);
  return { files: touched.length, blobs: touched.reduce((sum, { blobs }) => sum + blobs, 0) };
}

/** A plan in the list of those that are open. */
export function planEntry({ planId, name, plan }: OpenPlan): PlanEntry {
  return {
    planId,
    name,
    createdAt: plan.createdAt,
    mode: plan.mode,
    touches: touchesOf(plan.files.map(({ blobs }) => ({ blobs: blobs.length }))),
    destinationKeyId: plan.destination.keyId,
  };
}

/** A plan as it is looked at. */
export function viewOf(opened: OpenPlan): PlanView {
  const { root, source, destination, output, verify, onFailure, pace, rules, files } = opened.plan;
  const blobs = files.flatMap((file) => file.blobs);
  const count = <T>(of: (blob: (typeof blobs)[number]) => T): [T, number][] =>
    [...Map.groupBy(blobs, of)]
      .map(([value, list]): [T, number] => [value, list.length])
      .sort((a, b) => b[1] - a[1]);
  const materials = count(({ fingerprint }) => fingerprint);
  return {
    ...planEntry(opened),
    root,
    source,
    destination,
    output,
    verify,
    onFailure,
    pace,
    evenIfThere: termsOf(opened.plan).evenIfThere === true,
    rules,
    bytes: blobs.reduce((sum, { bytes }) => sum + bytes, 0),
    kinds: count(({ kind }) => kind).map(([kind, n]) => ({ kind, blobs: n })),
    materials: materials.slice(0, MATERIALS).map(([fingerprint, n]) => ({ fingerprint, blobs: n })),
    moreMaterials: Math.max(0, materials.length - MATERIALS),
  };
}

/** What the second plan has that the first has not, and the other way round. */
export function comparisonOf(one: RunPlan, other: RunPlan): PlanComparison {
  const changes = diffBlobs(one, other);
  const of = (what: BlobChange['what']) => grouped(changes.filter((change) => change.what === what));
  const differs = new Set(changes.filter(({ what }) => what !== 'removed').map(keyOf));
  const same = other.files
    .map(({ path, blobs }) => ({
      blobs: blobs.filter(({ place }) => !differs.has(keyOf({ path, place }))).length,
    }))
    .filter(({ blobs }) => blobs > 0);
  return { added: of('added'), removed: of('removed'), changed: of('changed'), same: touchesOf(same) };
}

function grouped(changes: readonly BlobChange[]): ChangedFiles {
  const files = [...Map.groupBy(changes, ({ path }) => path)];
  return {
    touches: { blobs: changes.length, files: files.length },
    files: files.slice(0, CHANGED_FILES).map(([file, blobs]) => ({
      file,
      blobs: blobs.length,
      places: blobs
        .map(({ place }) => place)
        .filter((place) => place !== '')
        .slice(0, PLACES),
    })),
  };
}
