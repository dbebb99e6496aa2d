import type { KeyInfo } from '#shared/model/key.ts';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/';

const base = (id: string, alias: string | null, patch: Partial<KeyInfo>): KeyInfo => ({
  keyId: id,
  arn: ARN + id,
  aliases: alias === null ? [] : [alias],
  description: '',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  state: 'Enabled',
  manager: 'CUSTOMER',
  origin: 'AWS_KMS',
  multiRegion: false,
  createdAt: '2025-04-24T10:12:00Z',
  deletionDate: null,
  algorithms: ['SYMMETRIC_DEFAULT'],
  currentKeyMaterialId: null,
  multiRegionKey: null,
  rotation: {
    enabled: true,
    periodDays: 365,
    nextAt: '2027-04-24T10:12:00Z',
    onDemandSince: null,
    past: null,
  },
  lastUse: null,
  tags: [{ key: 'team', value: 'payments' }],
  unfitAsDestination: null,
  unfitAsSource: null,
  gaps: [],
  ...patch,
});

export const KEYS: KeyInfo[] = [
  base('29397ad6-1c1f-4b3e-9a61-b8e3b1b0a001', 'alias/payments', {
    description: 'Payments service, production',
    aliases: ['alias/payments', 'alias/billing'],
  }),
  base('5c2f1a90-7a0e-4b5c-8a2d-0c1d2e3f4a02', 'alias/payments-2026', {}),
  base('mrk-0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b03', 'alias/global', {
    multiRegion: true,
    multiRegionKey: {
      role: 'PRIMARY',
      primary: { arn: `${ARN}mrk-0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b03`, region: 'us-east-1' },
      replicas: [{ arn: `${ARN}mrk-0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b03`, region: 'eu-west-1' }],
    },
  }),
  base('a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c04', 'alias/partner-rsa', {
    spec: 'RSA_4096',
    algorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    origin: 'EXTERNAL',
  }),
  base('b2c3d4e5-6f7a-4b8c-9d0e-1f2a3b4c5d05', 'alias/legacy', {
    state: 'Disabled',
    unfitAsDestination: 'It is disabled. Enable it first.',
    unfitAsSource: 'It is disabled. Enable it first.',
  }),
  base('c3d4e5f6-7a8b-4c9d-8e1f-2a3b4c5d6e06', 'alias/old-db', {
    state: 'PendingDeletion',
    deletionDate: '2026-12-10T00:00:00Z',
    unfitAsDestination: 'It waits for deletion. Cancel the deletion first.',
    unfitAsSource: 'It waits for deletion. Cancel the deletion first.',
  }),
  base('d4e5f6a7-8b9c-4d0e-9f2a-3b4c5d6e7f07', 'alias/signing', {
    spec: 'ECC_NIST_P256',
    usage: 'SIGN_VERIFY',
    algorithms: [],
    unfitAsDestination: 'It signs; it cannot encrypt.',
    unfitAsSource: 'It signs; it cannot encrypt.',
  }),
  base('e5f6a7b8-9c0d-4e1f-8a3b-4c5d6e7f8a08', 'alias/aws/s3', {
    manager: 'AWS',
    unfitAsDestination: 'An AWS managed key: only its service may use it.',
  }),
  base('f6a7b8c9-0d1e-4f2a-9b4c-5d6e7f8a9b09', null, {
    spec: null,
    rotation: null,
    tags: null,
    usage: null,
    state: null,
    origin: null,
    manager: null,
    multiRegion: null,
    createdAt: null,
    algorithms: [],
    gaps: ['DescribeKey: kms:DescribeKey is not allowed on this key'],
    unfitAsDestination: 'Its spec is not known: kms:DescribeKey is not allowed.',
  }),
];
