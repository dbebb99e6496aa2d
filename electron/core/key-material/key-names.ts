const KMS_ARN = /^arn:([^:]+):kms:([^:]+):(\d{12}):(key|alias)\/(.+)$/;
const KEY_ID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

export interface KeyName {
  /** As it is written. */
  readonly text: string;
  /** The name that KMS takes: without white space around it and without `awskms://`, ids in lower case. */
  readonly plain: string;
  readonly arn: boolean;
  readonly alias: boolean;
  /** `aws`, `aws-cn`, …; null where the name is no ARN. */
  readonly partition: string | null;
  readonly region: string | null;
  readonly account: string | null;
  /** Key id or alias name without prefix. */
  readonly id: string;
  readonly multiRegion: boolean;
}

/**
 * Reads a key label: ARN, alias ARN, bare id, `alias/name`, `awskms://…` URL of Pulumi. KMS writes ids in lower case, so
 * one in capitals is the same id; aliases are compared as written. Never throws.
 */
export function readKeyName(text: string): KeyName {
  const trimmed = text.trim();
  const match = KMS_ARN.exec(trimmed);
  if (match !== null) {
    const [, partition = null, region = null, account = null, sort = '', rest = ''] = match;
    const alias = sort === 'alias';
    const id = alias ? rest : lowerId(rest);
    return {
      text,
      plain: `arn:${partition}:kms:${region}:${account}:${sort}/${id}`,
      arn: true,
      alias,
      partition,
      region,
      account,
      id,
      multiRegion: !alias && id.startsWith('mrk-'),
    };
  }
  if (trimmed.startsWith('awskms://')) {
    const inner = trimmed.slice('awskms://'.length).replace(/^\//, '').split('?', 1)[0] ?? '';
    return { ...readKeyName(inner), text };
  }
  const alias = trimmed.startsWith('alias/');
  const id = alias ? trimmed.slice('alias/'.length) : lowerId(trimmed);
  return {
    text,
    plain: alias ? trimmed : id,
    arn: false,
    alias,
    partition: null,
    region: null,
    account: null,
    id,
    multiRegion: !alias && id.startsWith('mrk-'),
  };
}

const lowerId = (id: string): string => (KEY_ID.test(id) ? id.toLowerCase() : id);

/** Whether a text can be a key's name at all: an ARN, an alias, a key id as KMS makes them. */
export function isKeyName(text: string): boolean {
  const name = readKeyName(text);
  return name.id !== '' && (name.arn || name.alias || KEY_ID.test(name.id));
}

/** Whether a text is a key id as KMS makes them, a multi-Region key's included; any case. */
export const isKeyId = (id: string): boolean => KEY_ID.test(id);

/** Two labels that may well be one key: equal, a bare id beside its ARN, or Regions of one multi-Region key. */
export function sameKey(a: KeyName, b: KeyName): boolean {
  if (a.plain === b.plain) return true;
  if (a.alias !== b.alias || a.id !== b.id) return false;
  if (a.multiRegion) return a.account === null || b.account === null || a.account === b.account;
  return !a.arn || !b.arn || (a.region === b.region && a.account === b.account);
}

/** One an alias, the other a key, and nothing against it being the alias of that key. */
export function mayBeAlias(a: KeyName, b: KeyName): boolean {
  if (a.alias === b.alias) return false;
  const apart = (x: string | null, y: string | null) => x !== null && y !== null && x !== y;
  return !apart(a.account, b.account) && (!apart(a.region, b.region) || a.multiRegion || b.multiRegion);
}
