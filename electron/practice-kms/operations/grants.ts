import { randomBytes } from 'node:crypto';
import { authorize, authorizeIdentity, permittedKey } from '../access/authorize.ts';
import { checkGrantTokens, grantOfToken, newGrantToken } from '../access/grants.ts';
import type { RequestContext } from '../access/identities.ts';
import { rootArn } from '../access/policy.ts';
import { resolveKey } from '../access/resolve.ts';
import { dryRunSucceeded, invalidState, KmsError, notFound, validationError } from '../protocol/errors.ts';
import { LENGTHS, type Output, pageMembers, pageOfItems, type RequestMembers } from '../protocol/members.ts';
import type { GrantConstraints, GrantRecord } from '../state/grants.ts';
import { type KeyRecord, keyArn } from '../state/records.ts';
import { checkEnabled } from './cipher-sides.ts';

const OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
] as const;
type GrantOperation = (typeof OPERATIONS)[number];

const ALWAYS: readonly GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey'];
const PRINCIPAL_CHARACTERS = /^[\w+=,.@:/-]+$/;
const NAME_CHARACTERS = /^[a-zA-Z0-9:/_-]+$/;
const PRINCIPAL_ARN = /^arn:aws:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)\/.+)$/;
const SERVICE = /^[a-z0-9.-]+\.amazonaws\.com$/;
/** Most pairs in a constraint, and characters of a value (API reference, `GrantConstraints`). */
const CONSTRAINT = { pairs: 8, value: 384 };

/** `CreateGrant`. */
export function createGrant(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantee = members.requiredString('GranteePrincipal', LENGTHS.principal, PRINCIPAL_CHARACTERS);
  const retiring = members.string('RetiringPrincipal', LENGTHS.principal, PRINCIPAL_CHARACTERS);
  members.requireMember('Operations');
  const operations = [...new Set(members.choices('Operations', OPERATIONS))];
  const name = members.string('Name', LENGTHS.name, NAME_CHARACTERS);
  const constraints = constraintMembers(members);
  const grantTokens = members.grantTokens();
  const dryRun = members.boolean('DryRun');
  members.check();

  checkGrantTokens(world, grantTokens);
  if (operations.length === 0) throw validationError('A grant must allow at least one operation.');
  for (const principal of [grantee, retiring]) checkPrincipal(principal);
  checkConstraints(constraints);
  const key = permittedKey(world, keyId, { action: 'CreateGrant' }, { alias: false });
  checkMayPassOn(world, key, operations);
  checkEnabled(key);
  checkFit(key, operations, constraints);
  if (dryRun) throw dryRunSucceeded();

  const wanted = { name, grantee, retiring, operations, constraints };
  const same = name === null ? undefined : world.state.grants.ofKey(key).find((old) => isSame(old, wanted));
  const grantId = same?.grantId ?? randomBytes(32).toString('hex');
  if (!same)
    world.state.grants.add({
      ...wanted,
      grantId,
      region: key.region,
      keyId: key.keyId,
      issuer: rootArn(world.caller.accountId),
      createdAt: Date.now(),
    });
  return { GrantId: grantId, GrantToken: newGrantToken(grantId) };
}

/** `ListGrants`: pages of 50, at most 100 (API reference). */
export function listGrants(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantId = members.string('GrantId', LENGTHS.grantId);
  const grantee = members.string('GranteePrincipal', LENGTHS.principal, PRINCIPAL_CHARACTERS);
  const { limit, after } = pageMembers(members, 50, 100);
  members.check();
  const key = permittedKey(world, keyId, { action: 'ListGrants' }, { alias: false });
  const rows = world.state.grants
    .ofKey(key, after)
    .filter((grant) => grantId === null || grant.grantId === grantId)
    .filter((grant) => grantee === null || grant.grantee === grantee);
  if (grantId !== null && rows.length === 0 && after === '') throw noSuchGrant(grantId);
  return grantPage(key.accountId, rows, limit);
}

/** `ListRetirableGrants`: those of this Region in which a principal of the caller's account is the retiring one. */
export function listRetirableGrants(world: RequestContext, members: RequestMembers): Output {
  const retiring = members.requiredString('RetiringPrincipal', LENGTHS.principal, PRINCIPAL_CHARACTERS);
  const { limit, after } = pageMembers(members, 50, 100);
  members.check();
  checkPrincipal(retiring);
  authorizeIdentity(world, 'ListRetirableGrants');
  const rows = world.state.grants.retirableBy(world.region, retiring, after, limit + 1);
  const page = pageOfItems(rows, limit, (grant) => grant.grantId);
  return {
    Grants: page.items.map((grant) =>
      entry(world.state.keyById(grant.region, grant.keyId)?.accountId ?? world.caller.accountId, grant),
    ),
    ...page.more,
  };
}

/** `RevokeGrant`. */
export function revokeGrant(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const grantId = members.requiredString('GrantId', LENGTHS.grantId);
  const dryRun = members.boolean('DryRun');
  members.check();
  const key = permittedKey(world, keyId, { action: 'RevokeGrant' }, { alias: false });
  if (key.state === 'PendingDeletion') throw invalidState(`${keyArn(key)} is pending deletion.`);
  grantOfKey(world, key, grantId);
  if (dryRun) throw dryRunSucceeded();
  world.state.grants.remove(grantId);
  return {};
}

/** `RetireGrant`, by token or by key and grant id: for its retiring principal, or a grantee who may. */
export function retireGrant(world: RequestContext, members: RequestMembers): Output {
  const token = members.string('GrantToken', LENGTHS.grantToken);
  const keyId = members.string('KeyId', LENGTHS.keyId);
  const grantId = members.string('GrantId', LENGTHS.grantId);
  const dryRun = members.boolean('DryRun');
  members.check();
  if ((token === null) === (keyId === null && grantId === null))
    throw validationError('Specify either GrantToken, or KeyId and GrantId.');
  const grant = token === null ? namedGrant(world, keyId, grantId) : grantOfToken(world.state, token);
  const key = world.state.keyById(grant.region, grant.keyId);
  if (!key || grant.region !== world.region) throw new KmsError('InvalidGrantTokenException', null);
  const { names } = world.caller;
  const may =
    (grant.retiring !== null && names.includes(grant.retiring)) ||
    (names.includes(grant.grantee) && grant.operations.includes('RetireGrant'));
  if (!may) authorize(world, key, { action: 'RetireGrant' });
  if (dryRun) throw dryRunSucceeded();
  world.state.grants.remove(grant.grantId);
  return {};
}

function namedGrant(world: RequestContext, keyId: string | null, grantId: string | null): GrantRecord {
  if (keyId === null || grantId === null) throw validationError('KeyId and GrantId go together.');
  const found = resolveKey(world, keyId, { alias: false });
  if (!('key' in found)) throw notFound(`Key '${keyId}' does not exist`);
  return grantOfKey(world, found.key, grantId);
}

function grantOfKey(world: RequestContext, key: KeyRecord, grantId: string): GrantRecord {
  const grant = world.state.grants.get(grantId);
  if (grant?.keyId !== key.keyId || grant.region !== key.region) throw noSuchGrant(grantId);
  return grant;
}

function noSuchGrant(grantId: string): KmsError {
  return notFound(`Grant ID ${grantId} not found`);
}

function constraintMembers(members: RequestMembers): GrantConstraints {
  const structure = members.structure('Constraints');
  if (!structure) return {};
  const read = (name: 'EncryptionContextEquals' | 'EncryptionContextSubset') =>
    structure.has(name) ? { [name]: structure.context(name) } : {};
  return { ...read('EncryptionContextEquals'), ...read('EncryptionContextSubset') };
}

function checkConstraints(constraints: GrantConstraints): void {
  const { EncryptionContextEquals: equal = {}, EncryptionContextSubset: subset = {} } = constraints;
  for (const context of [equal, subset]) {
    if (Object.keys(context).length > CONSTRAINT.pairs)
      throw validationError(`A grant constraint has at most ${CONSTRAINT.pairs} encryption context pairs.`);
    if (Object.values(context).some((value) => value.length > CONSTRAINT.value))
      throw validationError(`A value in a grant constraint has at most ${CONSTRAINT.value} characters.`);
  }
}

/** @throws KmsError InvalidArnException. */
function checkPrincipal(principal: string | null): void {
  if (principal !== null && !PRINCIPAL_ARN.test(principal) && !SERVICE.test(principal))
    throw new KmsError('InvalidArnException', `ARN does not refer to a valid principal: ${principal}`);
}

/** Who may create grants by a grant alone can pass on no more than that grant allows. */
function checkMayPassOn(world: RequestContext, key: KeyRecord, operations: readonly string[]): void {
  const by = authorize(world, key, { action: 'CreateGrant' });
  const over = by && operations.find((operation) => !by.operations.includes(operation));
  if (over) authorize(world, key, { action: over });
}

/** @throws KmsError ValidationException for what this kind of key cannot do. */
function checkFit(
  key: KeyRecord,
  operations: readonly GrantOperation[],
  constraints: GrantConstraints,
): void {
  const fitting: readonly GrantOperation[] =
    key.keySpec === 'SYMMETRIC_DEFAULT'
      ? OPERATIONS.filter((operation) => !/Sign|Verify|PublicKey|Mac|Shared/.test(operation))
      : key.keyUsage === 'ENCRYPT_DECRYPT'
        ? ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey', ...ALWAYS]
        : key.keyUsage === 'SIGN_VERIFY'
          ? ['Sign', 'Verify', 'GetPublicKey', ...ALWAYS]
          : ['GenerateMac', 'VerifyMac', ...ALWAYS];
  const unfit = operations.filter((operation) => !fitting.includes(operation));
  if (unfit.length > 0)
    throw validationError(`Operations ${unfit.join(', ')} are not supported by ${keyArn(key)}.`);
  if (key.keySpec !== 'SYMMETRIC_DEFAULT' && Object.keys(constraints).length > 0)
    throw validationError('Grant constraints are supported by symmetric encryption KMS keys alone.');
}

type Wanted = Pick<GrantRecord, 'name' | 'grantee' | 'retiring' | 'operations' | 'constraints'>;

/** The same request sent again with the same name makes no second grant (API reference). */
function isSame(old: GrantRecord, wanted: Wanted): boolean {
  const form = ({ name, grantee, retiring, operations, constraints }: Wanted) =>
    JSON.stringify([name, grantee, retiring, [...operations].sort(), constraints]);
  return form(old) === form(wanted);
}

function grantPage(accountId: string, rows: readonly GrantRecord[], limit: number): Output {
  const page = pageOfItems(rows, limit, (grant) => grant.grantId);
  return { Grants: page.items.map((grant) => entry(accountId, grant)), ...page.more };
}

function entry(accountId: string, grant: GrantRecord): Output {
  return {
    KeyId: keyArn({ accountId, region: grant.region, keyId: grant.keyId }),
    GrantId: grant.grantId,
    ...(grant.name === null ? {} : { Name: grant.name }),
    CreationDate: grant.createdAt / 1000,
    GranteePrincipal: grant.grantee,
    ...(grant.retiring === null ? {} : { RetiringPrincipal: grant.retiring }),
    IssuingAccount: grant.issuer,
    Operations: grant.operations,
    ...(Object.keys(grant.constraints).length === 0 ? {} : { Constraints: grant.constraints }),
  };
}
