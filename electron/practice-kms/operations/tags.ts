import { permittedKey } from '../access/authorize.ts';
import type { RequestContext } from '../access/identities.ts';
import { invalidState, KmsError } from '../protocol/errors.ts';
import { LENGTHS, type Output, pageMembers, pageOfItems, type RequestMembers } from '../protocol/members.ts';
import { type KeyPlace, type KeyRecord, keyArn } from '../state/records.ts';
import type { Tag } from '../state/tags.ts';

/** Most tags of a key (API reference, `TagResource`). */
const TAGS_MAX = 50;

/** `TagResource`. */
export function tagResource(world: RequestContext, members: RequestMembers): Output {
  const tags = tagMembers(members);
  members.requireMember('Tags');
  const key = taggable(world, members, 'TagResource');
  checkTags(tags);
  setTags(world, key, tags);
  return {};
}

/** `UntagResource`: a tag that is not there is no error. */
export function untagResource(world: RequestContext, members: RequestMembers): Output {
  const tagKeys = members.strings('TagKeys', LENGTHS.tagKey);
  members.requireMember('TagKeys');
  const key = taggable(world, members, 'UntagResource');
  checkTagKeys(tagKeys);
  world.state.tags.remove(key, tagKeys);
  return {};
}

/** `ListResourceTags`: pages of 50, at most 50 (API reference). */
export function listResourceTags(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const { limit, after } = pageMembers(members, 50, 50);
  members.check();
  const key = permittedKey(world, keyId, { action: 'ListResourceTags' }, { alias: false, own: true });
  const page = pageOfItems(world.state.tags.list(key, after, limit + 1), limit, (tag) => tag.TagKey);
  return { Tags: page.items, ...page.more };
}

/** `Tags` of a request; empty when there are none. */
export function tagMembers(members: RequestMembers): readonly Tag[] {
  return (members.structures('Tags') ?? []).map((tag) => ({
    TagKey: tag.requiredString('TagKey', LENGTHS.tagKey),
    TagValue: tag.requiredString('TagValue', LENGTHS.tagValue),
  }));
}

/** @throws KmsError TagException for a tag key that is AWS's own or stands twice. */
export function checkTags(tags: readonly Tag[]): void {
  checkTagKeys(tags.map((tag) => tag.TagKey));
}

/** @throws KmsError LimitExceededException. */
export function setTags(world: RequestContext, key: KeyPlace, tags: readonly Tag[]): void {
  if (tags.length > 0 && !world.state.tags.set(key, tags, TAGS_MAX))
    throw new KmsError('LimitExceededException', `A key has at most ${TAGS_MAX} tags.`);
}

function checkTagKeys(tagKeys: readonly string[]): void {
  if (tagKeys.some((tagKey) => /^aws:/i.test(tagKey)))
    throw new KmsError('TagException', 'Tag keys must not begin with "aws:".');
  if (new Set(tagKeys).size !== tagKeys.length) throw new KmsError('TagException', 'Duplicate tag keys');
}

function taggable(world: RequestContext, members: RequestMembers, operation: string): KeyRecord {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  members.check();
  const key = permittedKey(world, keyId, { action: operation }, { alias: false, own: true });
  if (key.state === 'PendingDeletion') throw invalidState(`${keyArn(key)} is pending deletion.`);
  return key;
}
