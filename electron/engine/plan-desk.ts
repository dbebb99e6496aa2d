import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { BlobRow } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  type BlobChange,
  diffBlobs,
  modeOf,
  type PlannedFile,
  planText,
  type RunPlan,
  readPlan,
} from '#shared/model/plan.ts';
import type {
  ChangedFiles,
  PlanCheck,
  PlanComparison,
  PlanEntry,
  PlanView,
} from '#shared/model/plan-view.ts';
import { type Rule, ruleOf, ruleText } from '#shared/model/rule.ts';
import type { RunRequest, Touches } from '#shared/model/run.ts';
import type { LearnedKeys } from '../clusters/index.ts';
import type { ResolvedOutput } from '../rotation/index.ts';
import type { Blobs } from './blobs.ts';
import type { Connection } from './connection.ts';
import { type Standing, standings, summed } from './plan-check.ts';
import { below, commonFolder, placeOf, plannedFiles, runFile, termsOf } from './plans.ts';
import { chosen } from './rules.ts';
import type { Runs } from './runs.ts';
import type { Workspace } from './workspace.ts';

/** Largest plan file that is read, in bytes: a plan of 100,000 blobs has some 40 MB. */
const MAX_BYTES = 256 * 1024 * 1024;
/** A plan says what it is within its first bytes. */
const HEAD_BYTES = 4096;
const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\//;
const MATERIALS = 10;
const CHANGED_FILES = 200;
const PLACES = 5;

/** Who named a plan file: a person on this machine, or the page, whose word opens no file outside the list. */
export type PlanOrigin = 'path' | 'upload';

interface Opened {
  readonly planId: string;
  readonly name: string;
  readonly origin: PlanOrigin;
  readonly plan: RunPlan;
}

export interface PlanDeskParts {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly runs: Runs;
  readonly connection: Connection;
  readonly learned: LearnedKeys;
  readonly opened: (planId: string) => void;
}

/** Plans as values: written from what was chosen, opened from files, looked at, compared, run. */
export class PlanDesk {
  readonly #open = new Map<string, Opened>();
  #next = 1;
  readonly #parts: PlanDeskParts;

  constructor(parts: PlanDeskParts) {
    this.#parts = parts;
  }

  /** Ids of the re-encryptable blobs of the list that rules choose. */
  async select(rules: readonly Rule[]): Promise<string[]> {
    const aliases = new Map<string, readonly string[]>();
    if (rules.some(({ name }) => name === 'key')) {
      // Aliases help to name a key; without a connection its ARN still does.
      const listed = await this.#parts.connection.keys(false).catch(() => ({ keys: [] }));
      for (const key of listed.keys) aliases.set(key.arn, key.aliases);
    }
    const { workspace, blobs } = this.#parts;
    const keysOf = new Map<string, string[]>();
    const ids: string[] = [];
    for (const row of blobs.audited().rows) {
      if (!row.identification.reencryptable) continue;
      const { path, display } = workspace.get(row.id).source;
      const paths = [display, ...(path === null ? [] : [path])].map((each) => each.replaceAll('\\', '/'));
      if (chosen({ row, paths, keys: this.#keys(row, aliases, keysOf) }, rules)) ids.push(row.id);
    }
    return ids;
  }

  /** Writes down what a request would do. Throws FaultError `PlanNeedsOutput`, `PlanNeedsFiles`, `PlanNotTwoStep`. */
  write(
    request: Omit<RunRequest, 'grantTokens' | 'dryRun'>,
    rules: readonly Rule[],
  ): { name: string; bytes: Uint8Array<ArrayBuffer>; leftOut: number } {
    if (request.route !== 'reencrypt') throw new FaultError(TWO_STEP);
    const { workspace } = this.#parts;
    const { files, origins } = workspace.plan(request.blobIds);
    const here = files.flatMap(({ path }) => (path === null ? [] : [path]));
    if (here.length === 0) throw new FaultError(NO_FILES);
    const uploaded = new Map(files.map(({ path, relative }) => [path, relative]));
    // Where a page put its copy of a file means nothing to anybody else.
    const root = origins.has('upload') ? null : commonFolder(here);
    const named = (path: string): string =>
      workspace.at(path)?.origin === 'upload'
        ? (uploaded.get(path) ?? path).replaceAll('\\', '/')
        : root === null
          ? path
          : below(root, path);
    const now = new Date().toISOString();
    const { source, destination, verify, onFailure, pace, evenIfThere } = request;
    const plan: RunPlan = {
      rewrapPlan: 1,
      createdAt: now,
      mode: modeOf(source, destination, this.#keysOfBlobs(request.blobIds)),
      root,
      source,
      destination,
      output: this.#plannedOutput(request.output),
      verify,
      onFailure: onFailure ?? 'hold-back',
      pace: pace ?? { concurrency: null, perSecond: null },
      ...(evenIfThere === undefined ? {} : { evenIfThere }),
      rules: rules.map(ruleText),
      files: plannedFiles(workspace, request.blobIds).map((file) => ({ ...file, path: named(file.path) })),
    };
    const leftOut = files.reduce((sum, { path, blobs }) => sum + (path === null ? blobs.length : 0), 0);
    const name = `rewrap-plan-${now.slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')}.json`;
    return { name, bytes: new TextEncoder().encode(planText(plan)), leftOut };
  }

  /** Opens a plan file. Throws FaultError `NoPlan`. */
  openFile(path: string, origin: PlanOrigin): string {
    const name = basename(path);
    let text: string;
    try {
      if (statSync(path).size > MAX_BYTES) throw new FaultError(noPlan(name, 'It is too large for one.'));
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw error instanceof FaultError ? error : new FaultError(noPlan(name, 'It cannot be read.'));
    }
    const read = readPlan(text);
    if (!read.ok) throw new FaultError(noPlan(name, read.why));
    const planId = `p${this.#next++}`;
    this.#open.set(planId, { planId, name, origin, plan: read.plan });
    this.#parts.opened(planId);
    return planId;
  }

  list(): PlanEntry[] {
    return [...this.#open.values()].map(entryOf).toReversed();
  }

  view(planId: string): PlanView {
    return viewOf(this.#get(planId));
  }

  close(planId: string): void {
    this.#open.delete(planId);
  }

  async check(planId: string): Promise<PlanCheck> {
    const opened = this.#get(planId);
    const { plan } = opened;
    const all = await this.#standings(opened);
    const rules = plan.rules.flatMap((text) => ruleOf(text) ?? []);
    return {
      checkedAt: new Date().toISOString(),
      ...summed(all),
      chosenSince: rules.length === 0 ? null : await this.#chosenSince(plan, rules),
      runs: touchesOf(all.map((one) => ({ blobs: sendable(one, plan).length }))),
      refused: this.#refusedOutput(opened),
    };
  }

  compare(a: string, b: string): PlanComparison {
    const [one, other] = [this.#get(a).plan, this.#get(b).plan];
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

  /** Starts a run of the blobs that are as planned. Throws FaultError `PlanEmpty`, and those of `Runs.begin`. */
  async run(planId: string, dryRun: boolean): Promise<string> {
    const opened = this.#get(planId);
    const { plan } = opened;
    const refused = this.#refusedOutput(opened);
    if (refused !== null) throw new FaultError(fault('PlanOutputNotHere', refused, '', 'Make a plan here.'));
    const files = (await this.#standings(opened)).flatMap((one) => {
      const { file, path } = one;
      const kept = sendable(one, plan);
      if (path === null || kept.length === 0) return [];
      const blobs = kept.flatMap((index) => file.blobs[index] ?? []);
      const listed = this.#parts.workspace.at(path);
      const ids = new Map(listed?.blobs.map(({ id, found }) => [found.place, id]));
      return [
        runFile({ ...file, blobs }, path, (b) => ids.get(blobs[b]?.place ?? '') ?? `${planId}:${path}:${b}`),
      ];
    });
    if (files.length === 0) throw new FaultError(EMPTY);
    const { output } = plan;
    const resolved: ResolvedOutput =
      output.mode === 'folder' ? { mode: 'folder', folder: resolve(output.folder) } : output;
    return this.#parts.runs.begin(termsOf(plan, dryRun), resolved, files);
  }

  async #standings({ plan, origin }: Opened): Promise<Standing[]> {
    const { workspace } = this.#parts;
    const byRelative = plan.root === null ? workspace.byRelative() : null;
    const place = (file: PlannedFile): string | null => {
      const path = placeOf(file.path, plan.root) ?? byRelative?.get(file.path)?.path ?? null;
      if (path === null || origin === 'path') return path;
      return workspace.at(path) === null ? null : path;
    };
    const arn = await this.#destinationArn(plan.destination.keyId);
    const { keyId } = plan.source;
    const sameKey = plan.mode === 'refresh' || (keyId !== null && keyId === arn);
    const known = new Map<string, boolean>();
    // As a run judges: a change of context sends the blob whatever key it is under.
    const judged = ['same', 'declared'].includes(plan.destination.context.mode) && arn !== null;
    const there = (fingerprint: string): boolean => {
      if (!judged) return false;
      const before = known.get(fingerprint);
      if (before !== undefined) return before;
      const is = this.#parts.runs.alreadyThere(fingerprint, arn, sameKey) !== null;
      known.set(fingerprint, is);
      return is;
    };
    return standings(plan.files, { place, there });
  }

  async #destinationArn(keyId: string): Promise<string | null> {
    if (KEY_ARN.test(keyId)) return keyId;
    try {
      return (await this.#parts.connection.kms().describeKey(keyId)).arn;
    } catch {
      // Not connected, or not permitted: then nobody can say what is there already.
      return null;
    }
  }

  async #chosenSince(plan: RunPlan, rules: readonly Rule[]): Promise<number> {
    const { workspace } = this.#parts;
    const planned = new Set(
      plan.files.flatMap(({ path, blobs }) =>
        blobs.map(({ place }) => keyOf({ path: placeOf(path, plan.root) ?? path, place })),
      ),
    );
    let more = 0;
    for (const id of await this.select(rules)) {
      const { source, found } = workspace.get(id);
      const names = [source.path, source.relative].filter((path) => path !== null);
      if (!names.some((path) => planned.has(keyOf({ path, place: found.place })))) more += 1;
    }
    return more;
  }

  /** A page that uploads a plan must not name a folder of this machine that its host was not started with. */
  #refusedOutput({ plan, origin }: Opened): string | null {
    const { output } = plan;
    if (origin === 'path' || output.mode !== 'folder') return null;
    const folder = resolve(output.folder);
    return this.#parts.runs.folders().some(({ path }) => path === folder)
      ? null
      : 'The plan writes into a folder that this host was not started with (rewrap serve --out DIR).';
  }

  #plannedOutput(output: RunRequest['output']): RunPlan['output'] {
    if (output.mode === 'download') throw new FaultError(NO_OUTPUT);
    return output.mode === 'folder'
      ? { mode: 'folder', folder: this.#parts.runs.folder(output.folderToken) }
      : output;
  }

  /** ARNs of the keys of these blobs, as KMS or their containers say; null where one is not known. */
  #keysOfBlobs(blobIds: readonly string[]): string[] | null {
    const arns = new Set<string>();
    for (const blobId of blobIds) {
      const { found } = this.#parts.workspace.get(blobId);
      const fingerprint = found.identification.keyFingerprint;
      const said = fingerprint === null ? [] : this.#parts.learned.of(fingerprint);
      const arn = said.find(({ by }) => by === 'kms')?.keyArn ?? found.declared.keyArn;
      if (arn === null) return null;
      arns.add(arn);
    }
    return [...arns];
  }

  #keys(
    row: BlobRow,
    aliases: ReadonlyMap<string, readonly string[]>,
    known: Map<string, string[]>,
  ): readonly string[] {
    const { keyFingerprint } = row.identification;
    const { keyArn } = row.declared;
    let learned = known.get(keyFingerprint ?? '');
    if (learned === undefined) {
      const said = keyFingerprint === null ? [] : this.#parts.learned.of(keyFingerprint);
      learned = said.flatMap((key) => [key.keyArn, ...(aliases.get(key.keyArn) ?? [])]);
      known.set(keyFingerprint ?? '', learned);
    }
    return keyArn === null ? learned : [keyArn, ...(aliases.get(keyArn) ?? []), ...learned];
  }

  #get(planId: string): Opened {
    const opened = this.#open.get(planId);
    if (opened !== undefined) return opened;
    throw new FaultError(fault('PlanGone', 'That plan is no longer open.', '', 'Open its file again.'));
  }
}

/** Whether a file says that it is a plan. Unreadable files say nothing. */
export function saysPlan(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const text = head.toString('utf8', 0, readSync(fd, head, 0, HEAD_BYTES, 0));
      return /^\uFEFF?\s*\{/.test(text) && text.includes('"rewrapPlan"');
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** Indexes of a file's blobs that a run would send. */
function sendable({ states }: Standing, plan: RunPlan): number[] {
  const { evenIfThere } = termsOf(plan, false);
  return states.flatMap((state, index) =>
    state === 'ready' || (state === 'there' && evenIfThere === true) ? [index] : [],
  );
}

const keyOf = ({ path, place }: { readonly path: string; readonly place: string }) => `${path}\0${place}`;

function touchesOf(files: readonly { readonly blobs: number }[]): Touches {
  const touched = files.filter(({ blobs }) => blobs > 0);
  return { files: touched.length, blobs: touched.reduce((sum, { blobs }) => sum + blobs, 0) };
}

function entryOf({ planId, name, plan }: Opened): PlanEntry {
  return {
    planId,
    name,
    createdAt: plan.createdAt,
    mode: plan.mode,
    touches: touchesOf(plan.files.map(({ blobs }) => ({ blobs: blobs.length }))),
    destinationKeyId: plan.destination.keyId,
  };
}

function viewOf(opened: Opened): PlanView {
  const { root, source, destination, output, verify, onFailure, pace, rules, files } = opened.plan;
  const blobs = files.flatMap((file) => file.blobs);
  const count = <T>(of: (blob: (typeof blobs)[number]) => T): [T, number][] =>
    [...Map.groupBy(blobs, of)]
      .map(([value, list]): [T, number] => [value, list.length])
      .sort((a, b) => b[1] - a[1]);
  const materials = count(({ fingerprint }) => fingerprint);
  return {
    ...entryOf(opened),
    root,
    source,
    destination,
    output,
    verify,
    onFailure,
    pace,
    evenIfThere: termsOf(opened.plan, false).evenIfThere === true,
    rules,
    bytes: blobs.reduce((sum, { bytes }) => sum + bytes, 0),
    kinds: count(({ kind }) => kind).map(([kind, n]) => ({ kind, blobs: n })),
    materials: materials.slice(0, MATERIALS).map(([fingerprint, n]) => ({ fingerprint, blobs: n })),
    moreMaterials: Math.max(0, materials.length - MATERIALS),
  };
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

const noPlan = (name: string, why: string) =>
  fault(
    'NoPlan',
    `${name} is no plan of Rewrap.`,
    why,
    'Make one from the re-encrypt sheet, or with: rewrap plan PATH… --to KEY -o FILE',
  );

const EMPTY = fault(
  'PlanEmpty',
  'Nothing of this plan is left to run.',
  'No blob of it is as it was when the plan was made and still to be re-encrypted.',
  'Choose the blobs again and make a new plan.',
);
const NO_OUTPUT = fault(
  'PlanNeedsOutput',
  'A plan says where the new files go: in place, or into a folder.',
  'A download belongs to one window and cannot be planned.',
  'Choose another output, then save the plan.',
);
const NO_FILES = fault(
  'PlanNeedsFiles',
  'None of these blobs has a file that a plan could name.',
  'They were pasted.',
  'Choose blobs of files.',
);
const TWO_STEP = fault(
  'PlanNotTwoStep',
  'A run that decrypts here and encrypts there cannot be planned.',
  'It is agreed to for one run at a time.',
  'Run it from the sheet.',
);
