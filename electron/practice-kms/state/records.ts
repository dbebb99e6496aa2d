/** What the practice KMS remembers, as values. */
import type { KeyObject } from 'node:crypto';
import type { KeyUsage } from '../crypto/key-specs.ts';

/** Where a key is: what its ARN is made of. */
export interface KeyPlace {
  readonly accountId: string;
  readonly region: string;
  readonly keyId: string;
}

export function keyArn(key: KeyPlace): string {
  return `arn:aws:kms:${key.region}:${key.accountId}:key/${key.keyId}`;
}

export const KEY_STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** A key without its secret. */
export interface StoredKey extends KeyPlace {
  readonly description: string;
  readonly keySpec: string;
  readonly keyUsage: KeyUsage;
  readonly state: KeyState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null unless pending deletion. */
  readonly deletionAt: number | null;
  /** The key policy as it was sent; null: the default one. */
  readonly policy: string | null;
  readonly multiRegion: 'PRIMARY' | 'REPLICA' | null;
  /** Null unless multi-Region. */
  readonly primaryRegion: string | null;
  /** Days between automatic rotations; null: none. */
  readonly rotationDays: number | null;
  /** Next automatic rotation, milliseconds since 1970. */
  readonly rotatesAt: number | null;
  /** 32 bytes, symmetric keys only: what stands in a blob. Of the generation that was asked for. */
  readonly fingerprint: Uint8Array | null;
  /** 64 hexadecimal digits, symmetric keys only: what responses carry. Of the generation that was asked for. */
  readonly keyMaterialId: string | null;
}

export interface KeyRecord extends StoredKey {
  readonly arn: string;
  /** A secret key (AES, HMAC) or a private key, of the generation that was asked for. Never changes. */
  readonly material: KeyObject;
}

export const MADE_BY = ['CREATION', 'AUTOMATIC', 'ON_DEMAND'] as const;
export type MadeBy = (typeof MADE_BY)[number];

/** New key material. `secret`: AES 32 bytes; key pairs PKCS#8 DER; HMAC the MAC key. */
export interface NewMaterial {
  readonly fingerprint: Uint8Array | null;
  readonly keyMaterialId: string | null;
  readonly secret: Uint8Array;
}

/** One generation of key material, without its secret. */
export interface MaterialGeneration {
  /** 1, 2, 3, … */
  readonly generation: number;
  readonly keyMaterialId: string | null;
  readonly madeAt: number;
  readonly madeBy: MadeBy;
  readonly current: boolean;
}

export interface AliasRecord {
  readonly aliasName: string;
  readonly targetKeyId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}
