import type { PageHandlers } from '#shared/contract/api.ts';
import type { Side } from '#shared/model/connection.ts';
import type { Services } from '../services.ts';

export function keysHandlers({ connection, destination, regions, recorder }: Services): PageHandlers['keys'] {
  /** Where no second connection is chosen, the destination key is where the source is. */
  const at = (side: Side) =>
    side === 'destination' && destination.chosen !== null ? destination : connection;
  return {
    list: async ({ refresh, side, offset, limit }) => {
      const { keys, gaps, listedAt } = await at(side).keys(refresh);
      return { keys: keys.slice(offset, offset + limit), gaps: [...gaps], listedAt, total: keys.length };
    },
    describe: async ({ keyId, side }) => {
      const room = at(side);
      const kms = room === connection ? await regions.reach(keyId) : room.kms();
      return recorder.keyLookedUp(room, keyId, 'description', kms.describeKey(keyId));
    },
    detail: async ({ keyId, side }) => {
      const room = at(side);
      return recorder.keyLookedUp(
        room,
        keyId,
        'description, rotation, last use, tags',
        room.keyDetail(keyId),
      );
    },
  };
}
