import { algorithmsOf } from '../crypto/key-specs.ts';
import type { Output } from '../protocol/members.ts';
import type { StoredKey } from '../state/records.ts';
import { keyArn } from '../state/records.ts';
import type { State } from '../state/state.ts';

/** `KeyMetadata` of a key with its newest material. */
export function metadata(state: State, key: StoredKey): Output {
  return {
    AWSAccountId: key.accountId,
    KeyId: key.keyId,
    Arn: keyArn(key),
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.keyUsage,
    KeyState: key.state,
    ...(key.deletionAt === null ? {} : { DeletionDate: key.deletionAt / 1000 }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    ...algorithmsOf(key.keySpec, key.keyUsage),
    MultiRegion: key.multiRegion !== null,
    ...multiRegion(state, key),
    ...(key.keyMaterialId === null ? {} : { CurrentKeyMaterialId: key.keyMaterialId }),
  };
}

function multiRegion(state: State, key: StoredKey): Output {
  if (key.multiRegion === null || key.primaryRegion === null) return {};
  const inRegion = (region: string) => ({ Arn: keyArn({ ...key, region }), Region: region });
  return {
    MultiRegionConfiguration: {
      MultiRegionKeyType: key.multiRegion,
      PrimaryKey: inRegion(key.primaryRegion),
      ReplicaKeys: state
        .regionsOf(key.keyId)
        .filter((region) => region !== key.primaryRegion)
        .map(inRegion),
    },
  };
}
