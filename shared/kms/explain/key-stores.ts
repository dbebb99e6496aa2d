import type { Diagnosis } from './situation.ts';

/** What KMS misses behind the key, by the name of the error (KMS API reference, errors of ConnectCustomKeyStore). */
export function keyStoreNamed(name: string): Diagnosis {
  if (name.startsWith('CustomKeyStoreNotFound'))
    return {
      message: 'KMS knows no such custom key store.',
      causes: ['the key store is of another Region or account, or was deleted.'],
      remedy:
        'Look with DescribeCustomKeyStores in the Region and account of the key which key store there is.',
    };
  if (/^CloudHsmCluster(?:NotFound|NotRelated)/.test(name))
    return {
      message: 'The AWS CloudHSM cluster of the key store is not the one that KMS knows, or is gone.',
      causes: ['the cluster was deleted, or restored from a backup under another id.'],
      remedy:
        'Restore the cluster from its backup if it is gone, give its id to the key store (UpdateCustomKeyStore), then connect it again (ConnectCustomKeyStore).',
    };
  if (/^CloudHsmClusterInvalidConfiguration/.test(name))
    return {
      message: 'The AWS CloudHSM cluster of the key store does not have what KMS needs.',
      causes: ['it has no active HSM, or its security group was changed.'],
      remedy:
        'Add an active HSM to the cluster and restore the rules of its security group, then connect the key store again (ConnectCustomKeyStore).',
    };
  if (/^XksKey/.test(name))
    return {
      message: 'The external key behind the key cannot be used.',
      causes: ['the external key manager has no such key, or has it disabled or with another type or usage.'],
      remedy:
        'Have the external key enabled for encryption and decryption in the external key manager; the key store itself need not be connected again.',
    };
  if (/^XksProxyIncorrectAuthenticationCredential/.test(name))
    return {
      message: 'The proxy of the external key store does not accept the credential of KMS.',
      causes: ['the credential was renewed at the proxy and not in KMS, or the other way round.'],
      remedy:
        'Give the credential of the proxy to KMS (UpdateCustomKeyStore, XksProxyAuthenticationCredential), then connect again if the key store is disconnected (ConnectCustomKeyStore).',
    };
  return {};
}
