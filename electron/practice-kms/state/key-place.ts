/** Where a key is: what its ARN is made of. */
export interface KeyPlace {
  readonly accountId: string;
  readonly region: string;
  readonly keyId: string;
}

export function keyArn(key: KeyPlace): string {
  return `arn:aws:kms:${key.region}:${key.accountId}:key/${key.keyId}`;
}
