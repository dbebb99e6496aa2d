/**
 * The formats of the file around a blob, with their names for people: the same in the list, on the command line and in
 * reports. A new format is one entry here and a reader in `electron/core/intake/formats/`.
 */
export const CONTAINERS = {
  raw: 'raw file',
  binary: 'binary file',
  text: 'text',
  'aws-cli-json': 'AWS CLI JSON',
  sops: 'SOPS',
  pulumi: 'Pulumi',
  opentofu: 'OpenTofu state',
  'terraform-kms-secrets': 'Terraform aws_kms_secrets',
  's3-encryption-metadata': 'S3 object metadata',
  'mongodb-key-vault': 'MongoDB key vault',
  credstash: 'credstash',
  'tink-envelope': 'Tink envelope',
  'tink-keyset': 'Tink keyset',
  'secret-string': 'secret string',
  'dynamodb-encryption-client': 'DynamoDB Encryption Client',
  'branch-key-store': 'branch key store',
  'vault-seal': 'Vault seal',
  kubernetes: 'Kubernetes',
  'rds-activity-stream': 'RDS activity stream',
  'ssm-parameter': 'SSM parameter',
  'ecr-token': 'ECR token',
  'encryption-sdk-message': 'Encryption SDK message',
  dotenv: 'dotenv',
  ini: 'INI',
  json: 'JSON',
  'json-lines': 'JSON lines',
  yaml: 'YAML',
  toml: 'TOML',
  hcl: 'HCL',
  csv: 'CSV',
} as const;

type ContainerName = keyof typeof CONTAINERS;
export const CONTAINER_NAMES = Object.keys(CONTAINERS) as [ContainerName, ...ContainerName[]];
