/** What a blob can be; apart from its schema, which would bring what validates into what reads a rule alone. */
export const BLOB_KINDS = [
  'kms-symmetric',
  /** Begins like a KMS blob but has no known layout; KMS is the judge. */
  'kms-like',
  'kms-asymmetric-candidate',
  'encryption-sdk-message',
  /** Body of an object encrypted by the S3 Encryption Client. */
  's3-encryption-client',
  /** `aws_dbe_head` of the AWS Database Encryption SDK. */
  'database-encryption-sdk',
  /** A Tink keyset in clear. */
  'tink-keyset',
  'age',
  'openpgp',
  'vault-transit',
  'azure-key-vault',
  'gcp-kms',
  'spring-cloud-config',
  'openssl-salted',
  'ansible-vault',
  'git-crypt',
  'jwe',
  'pkcs7',
  'nitro-recipient',
  'certificate',
  'private-key',
  /** Ciphertext of a KMS emulator, which real KMS refuses. */
  'emulator',
  'unknown',
] as const;
