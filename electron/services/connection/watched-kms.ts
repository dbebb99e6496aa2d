import { ofCredentials } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KmsAccess, KmsConnection } from '../../core/kms/index.ts';

interface Watch {
  /** The credentials no longer serve. */
  lapsed(error: FaultError): void;
  /** A request was answered. */
  answered(): void;
}

/** The connection with an ear on each answer, so that an ended session shows wherever it is met first. */
export function watchedKms(kms: KmsConnection, { lapsed, answered }: Watch): KmsConnection {
  const heard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const value = await work;
      answered();
      return value;
    } catch (error) {
      if (isOfCredentials(error)) lapsed(error);
      throw error;
    }
  };
  return {
    choice: kms.choice,
    region: kms.region,
    endpoint: kms.endpoint,
    endpointInfo: kms.endpointInfo,
    get principal() {
      return kms.principal ?? null;
    },
    reEncrypt: (input, sending) => heard(kms.reEncrypt(input, sending)),
    dryRun: (input, sending) => heard(kms.dryRun(input, sending)),
    mayReEncrypt: (input, sending) => heard(kms.mayReEncrypt(input, sending)),
    whoAmI: () => heard(kms.whoAmI()),
    renew: () => heard(kms.renew()),
    listKeys: (onPage, options) => heard(kms.listKeys(onPage, options)),
    describeKey: (keyId) => heard(kms.describeKey(keyId)),
    describeOnce: (keyId, sending) => heard(kms.describeOnce(keyId, sending)),
    keyDetail: (keyId) => heard(kms.keyDetail(keyId)),
    keyPolicy: (keyId) => heard(kms.keyPolicy(keyId)),
    keyGrants: (keyId) => heard(kms.keyGrants(keyId)),
    sign: (keyId, algorithm, message) => heard(kms.sign(keyId, algorithm, message)),
    publicKey: (keyId) => heard(kms.publicKey(keyId)),
    access: () => watchedAccess(kms.access(), lapsed),
    close: () => kms.close(),
  };
}

/** Requests that another process sends for the connection are heard of when they fail. */
function watchedAccess(access: KmsAccess, lapsed: Watch['lapsed']): KmsAccess {
  const heard = (error: unknown) => {
    if (isOfCredentials(error)) lapsed(error);
    return error;
  };
  return {
    ...access,
    keys: () =>
      access.keys().catch((error: unknown) => {
        throw heard(error);
      }),
    explain: (failure, situation) => {
      const error = access.explain(failure, situation);
      heard(error);
      return error;
    },
  };
}

const isOfCredentials = (error: unknown): error is FaultError =>
  error instanceof FaultError && ofCredentials(error.fault);
