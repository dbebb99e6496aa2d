import { dirname } from 'node:path';
import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import {
  type Carried,
  carriedBy,
  labelNotKept,
  labelsOfNewFiles,
  memberName,
  specialRights,
  temporaryName,
} from '../../../intake/index.ts';
import type { RunFile } from '../../types.ts';

/** Files looked at in one go, just before the first of them is replaced. */
const AT_ONCE = 500;
/** Of so many lots what was seen is kept: files of a lot are worked on at about the same time. */
const KEPT = 8;

/** What sees files: a test may see what this system has not. */
export interface AttributeReaders {
  readonly carriedBy: typeof carriedBy;
  readonly labelsOfNewFiles: typeof labelsOfNewFiles;
}

/**
 * What files of a run carry beside content and mode: what a new file is to be given, and what keeps a file from being
 * replaced. Looked up by hundreds ahead of need.
 */
export class Attributes {
  readonly #owner: string;
  readonly #readers: AttributeReaders;
  readonly #paths: (from: number, end: number) => string[];
  readonly #looked = new Map<number, Promise<ReadonlyMap<string, Carried> | null>>();
  readonly #labels = new Map<number, Promise<ReadonlyMap<string, string | null>>>();
  /** Whether the note about the first file with unknown attributes was given; it is given once. */
  #unanswered: 'no' | 'to be said' | 'said' = 'no';

  /** `paths`: of files from a number up to another, that may be replaced. `owner`: id of this process. */
  constructor(
    paths: (from: number, end: number) => string[],
    owner: string,
    readers: AttributeReaders = { carriedBy, labelsOfNewFiles },
  ) {
    this.#owner = owner;
    this.#readers = readers;
    this.#paths = paths;
  }

  /** Whether it has an access control list or extended attributes that the new file is to have. */
  async has(file: RunFile): Promise<boolean> {
    return (await this.#of(file))?.attributes ?? false;
  }

  /**
   * Why the file cannot be replaced by one like it; null: it can. A dry run makes no file, by which alone the system says
   * how it labels new ones: it sees no fault in labels.
   */
  async refusal(file: RunFile, dryRun: boolean): Promise<Fault | null> {
    const carried = await this.#of(file);
    if (carried === null || file.path === null) return null;
    if (carried.capabilities)
      return specialRights('capabilities (security.capability)', 'setcap -r FILE').fault;
    if (carried.label === null || dryRun) return null;
    const gets = (await this.#labelsOf(lotOf(file))).get(dirname(file.path));
    return gets === undefined || gets === carried.label ? null : labelNotKept(carried.label, gets).fault;
  }

  /** That access control lists and extended attributes may be lost, for want of tools that see them; once for a run. */
  takeNote(): string | null {
    if (this.#unanswered !== 'to be said') return null;
    this.#unanswered = 'said';
    const { message, detail, remedy } = explainOwn('AttributesUnseen');
    return `${message} ${detail} ${remedy}`;
  }

  async #of(file: RunFile): Promise<Carried | null> {
    if (file.path === null) return null;
    const lot = lotOf(file);
    // The next ones are looked at meanwhile.
    void this.#look(lot + 1);
    const looked = await this.#look(lot);
    if (looked === null && this.#unanswered === 'no') this.#unanswered = 'to be said';
    return looked?.get(file.path) ?? null;
  }

  #look(lot: number): Promise<ReadonlyMap<string, Carried> | null> {
    let looked = this.#looked.get(lot);
    if (looked === undefined) {
      // Nothing is written into an archive.
      const paths = this.#paths(lot * AT_ONCE, (lot + 1) * AT_ONCE).filter(
        (path) => memberName(path) === null,
      );
      looked = this.#readers.carriedBy(paths);
      this.#looked.set(lot, looked);
      // One that is needed once more is looked at again.
      for (const old of this.#looked.keys()) {
        if (this.#looked.size <= KEPT) break;
        this.#looked.delete(old);
        this.#labels.delete(old);
      }
    }
    return looked;
  }

  /** Of the folders of a lot in which a file is labelled. */
  #labelsOf(lot: number): Promise<ReadonlyMap<string, string | null>> {
    const known = this.#labels.get(lot);
    if (known !== undefined) return known;
    const labels = this.#look(lot).then((looked) => {
      const labelled = [...(looked ?? [])].filter(([, { label }]) => label !== null);
      const folders = new Set(labelled.map(([path]) => dirname(path)));
      return this.#readers.labelsOfNewFiles(folders, () => temporaryName(this.#owner));
    });
    this.#labels.set(lot, labels);
    return labels;
  }
}

const lotOf = ({ index }: RunFile): number => Math.floor(index / AT_ONCE);
