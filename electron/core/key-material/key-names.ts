const KMS_ARN = /^arn:([^:]+):kms:([^:]+):(\d{12}):(key|alias)\/(.+)$/;

export interface KeyName {
  /** As it is written. */
  readonly text: string;
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

/** A key label taken apart: ARN, alias ARN, bare id, `alias/name`, `awskms://…` URL of Pulumi. Never throws. */
export function readKeyName(text: string): KeyName {
  const match = KMS_ARN.exec(text);
  if (match !== null) {
    const [, partition = null, region = null, account = null, sort, id = ''] = match;
    return {
      text,
      arn: true,
      alias: sort === 'alias',
      partition,
      region,
      account,
      id,
      multiRegion: id.startsWith('mrk-'),
    };
  }
  if (text.startsWith('awskms://')) {
    const inner = text.slice('awskms://'.length).replace(/^\//, '').split('?', 1)[0] ?? '';
    return { ...readKeyName(inner), text };
  }
  const alias = text.startsWith('alias/');
  const id = alias ? text.slice('alias/'.length) : text;
  return {
    text,
    arn: false,
    alias,
    partition: null,
    region: null,
    account: null,
    id,
    multiRegion: id.startsWith('mrk-'),
  };
}

/** Two labels that may well be one key: equal, a bare id beside its ARN, or Regions of one multi-Region key. */
export function sameKey(a: KeyName, b: KeyName): boolean {
  if (a.text === b.text) return true;
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
