import { authorize, authorizeIdentity, permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/identities.ts';
import { aliasArn, resolveKey } from '../access/resolve.ts';
import { invalidState, KmsError, notFound, validationError } from '../protocol/errors.ts';
import { LENGTHS, type Output, pageMembers, pageOfItems, type RequestMembers } from '../protocol/members.ts';
import { type KeyRecord, keyArn } from '../state/records.ts';

const ALIAS_NAME = /^[a-zA-Z0-9:/_-]+$/;

/** `ListAliases`: pages of 50, at most 100 (API reference). */
export function listAliases(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.string('KeyId', LENGTHS.keyId);
  const { limit, after } = pageMembers(members, 50, 100);
  members.check();
  world.state.sweep();
  authorizeIdentity(world, 'ListAliases');
  const { accountId } = world.caller;
  const ofKey = keyId === null ? null : ownKey(world, keyId, 'ListAliases').keyId;
  const rows = world.state.aliases.list(accountId, world.region, ofKey, after, limit + 1);
  const page = pageOfItems(rows, limit, (row) => row.aliasName);
  return {
    Aliases: page.items.map((row) => ({
      AliasName: row.aliasName,
      AliasArn: aliasArn(accountId, world.region, row.aliasName),
      TargetKeyId: row.targetKeyId,
      CreationDate: row.createdAt / 1000,
      LastUpdatedDate: row.updatedAt / 1000,
    })),
    ...page.more,
  };
}

/** `CreateAlias`. */
export function createAlias(world: RequestContext, members: RequestMembers): Output {
  const { aliasName, target } = aliasAndTarget(world, members, 'CreateAlias');
  world.state.sweep();
  if (!world.state.aliases.add(aliasName, target))
    throw new KmsError(
      'AlreadyExistsException',
      `An alias with the name ${ownAlias(world, aliasName)} already exists`,
    );
  return {};
}

/** `UpdateAlias`: old and new key must have the same usage and both be symmetric or both not (API reference). */
export function updateAlias(world: RequestContext, members: RequestMembers): Output {
  const { aliasName, target } = aliasAndTarget(world, members, 'UpdateAlias');
  const old = ownKey(world, aliasName, 'UpdateAlias');
  authorize(world, old, { action: 'UpdateAlias' });
  if (
    old.keyUsage !== target.keyUsage ||
    (old.keySpec === 'SYMMETRIC_DEFAULT') !== (target.keySpec === 'SYMMETRIC_DEFAULT')
  )
    throw validationError('The current and new KMS key must be the same type and have the same key usage.');
  world.state.aliases.point(aliasName, target);
  return {};
}

/** `DeleteAlias`. The key stays. */
export function deleteAlias(world: RequestContext, members: RequestMembers): Output {
  const aliasName = ownAliasName(members);
  members.check();
  checkAliasName(aliasName);
  authorizeIdentity(world, 'DeleteAlias', ownAlias(world, aliasName));
  authorize(world, ownKey(world, aliasName, 'DeleteAlias'), { action: 'DeleteAlias' });
  if (!world.state.aliases.remove(world.caller.accountId, world.region, aliasName))
    throw notFound(`Alias ${ownAlias(world, aliasName)} is not found.`);
  return {};
}

function aliasAndTarget(
  world: RequestContext,
  members: RequestMembers,
  operation: string,
): { aliasName: string; target: KeyRecord } {
  const aliasName = ownAliasName(members);
  const targetKeyId = members.requiredString('TargetKeyId', LENGTHS.keyId);
  members.check();
  checkAliasName(aliasName);
  if (targetKeyId.startsWith('alias/')) throw validationError('Aliases must refer to keys. Not aliases');
  authorizeIdentity(world, operation, ownAlias(world, aliasName));
  const target = permittedKey(world, targetKeyId, { action: operation }, { alias: false, own: true });
  if (target.state === 'PendingDeletion') throw invalidState(`${keyArn(target)} is pending deletion.`);
  return { aliasName, target };
}

function ownAlias(world: RequestContext, aliasName: string): string {
  return aliasArn(world.caller.accountId, world.region, aliasName);
}

/** A key of the caller's own account, in any state. */
function ownKey(world: RequestContext, named: string, operation: string): KeyRecord {
  const found = resolveKey(world, named);
  return 'key' in found && found.key.accountId === world.caller.accountId
    ? found.key
    : permittedKey(world, named, { action: operation }, { own: true });
}

function ownAliasName(members: RequestMembers): string {
  return members.requiredString('AliasName', LENGTHS.aliasName, ALIAS_NAME);
}

/** @throws KmsError ValidationException (observed wording), NotAuthorizedException for AWS's own names. */
function checkAliasName(aliasName: string): void {
  if (!aliasName.startsWith('alias/') || aliasName === 'alias/')
    throw validationError(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  if (aliasName.startsWith('alias/aws/')) throw new KmsError('NotAuthorizedException', null);
}
