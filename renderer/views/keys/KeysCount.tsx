import type { Side } from '#shared/model/connection.ts';
import { count, plural } from '../../lib/format.ts';
import { useKeysOf } from '../../store/keys.ts';

interface KeysCountProps {
  readonly side: Side;
  readonly shown: number;
  readonly searching: boolean;
}

/** How many keys there are; while they load, how many so far. */
export function KeysCount({ side, shown, searching }: KeysCountProps) {
  const useStore = useKeysOf(side);
  const { keys, status, progress, listedAt } = useStore();
  if (status === 'loading')
    return (
      <span className="hint tabular keys-loading" role="status">
        {progress.known === 0
          ? 'Loading keys'
          : `${count(progress.described)} of ${count(progress.known)} keys so far`}
      </span>
    );
  if (keys === null) return null;
  return (
    <span className="hint tabular">
      {searching ? `${count(shown)} of ${plural(keys.length, 'key')}` : plural(keys.length, 'key')}
      {listedAt !== null && ` · listed at ${clock(listedAt)}`}
    </span>
  );
}

const clock = (iso: string): string => new Date(iso).toLocaleTimeString(undefined, { timeStyle: 'short' });
