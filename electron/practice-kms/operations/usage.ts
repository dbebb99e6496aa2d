import { permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/request-context.ts';
import { LENGTHS, type RequestMembers } from '../protocol/members.ts';
import type { Output } from '../protocol/output.ts';
import { keyArn } from '../state/key-place.ts';

/** `GetKeyLastUsage`: the last successful cryptographic operation since tracking began. */
export function getKeyLastUsage(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  const key = permittedKey(world, keyId, { action: 'GetKeyLastUsage' }, { alias: false, own: true });
  const { use, trackedFrom } = world.state.usage.last(key);
  return {
    KeyId: keyArn(key),
    ...(use === null
      ? {}
      : {
          KeyLastUsage: {
            Operation: use.operation,
            Timestamp: use.usedAt / 1000,
            CloudTrailEventId: use.eventId,
            KmsRequestId: use.requestId,
          },
        }),
    TrackingStartDate: trackedFrom / 1000,
    KeyCreationDate: key.createdAt / 1000,
  };
}
