import type { PageHandlers } from '#shared/contract/api.ts';
import type { Rooms } from './rooms.ts';

export function keysHandlers({ connection }: Rooms): PageHandlers['keys'] {
  return {
    list: ({ refresh }) => connection.keys(refresh),
    describe: ({ keyId }) => connection.kms().describeKey(keyId),
  };
}
