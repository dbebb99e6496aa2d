import { explainOwn } from '#shared/kms/errors.ts';
import { withAttributes } from '../intake/index.ts';
import type { RunFile } from './types.ts';

/** Files looked at in one go, just before the first of them is replaced. */
const AT_ONCE = 500;

/** Which files of a run have access control lists or extended attributes, looked up by hundreds ahead of need. */
export class Attributes {
  readonly #lots = new Map<number, string[]>();
  readonly #looked = new Map<number, Promise<ReadonlySet<string> | null>>();
  /** What is to be said once, of the first file of which it cannot be told. */
  #untold: 'no' | 'to be said' | 'said' = 'no';

  constructor(files: readonly RunFile[]) {
    for (const file of files) {
      if (file.path === null) continue;
      const lot = this.#lots.get(lotOf(file));
      if (lot === undefined) this.#lots.set(lotOf(file), [file.path]);
      else lot.push(file.path);
    }
  }

  async has(file: RunFile): Promise<boolean> {
    if (file.path === null) return false;
    const lot = lotOf(file);
    // The next ones are looked at meanwhile.
    void this.#look(lot + 1);
    const looked = await this.#look(lot);
    if (looked === null && this.#untold === 'no') this.#untold = 'to be said';
    return looked?.has(file.path) ?? false;
  }

  /** That access control lists and extended attributes may be lost, for want of tools that see them; once for a run. */
  takeNote(): string | null {
    if (this.#untold !== 'to be said') return null;
    this.#untold = 'said';
    const { message, detail, remedy } = explainOwn('AttributesUnseen');
    return `${message} ${detail} ${remedy}`;
  }

  #look(lot: number): Promise<ReadonlySet<string> | null> {
    let looked = this.#looked.get(lot);
    if (looked === undefined) {
      looked = withAttributes(this.#lots.get(lot) ?? []);
      this.#looked.set(lot, looked);
      this.#lots.delete(lot);
    }
    return looked;
  }
}

const lotOf = ({ index }: RunFile): number => Math.floor(index / AT_ONCE);
