/**
 * A refusal in the form of the AWS KMS API: an error name, a message and an HTTP status.
 * `message` null: KMS sends none (as it does for InvalidCiphertextException).
 * Wordings marked "observed" are those which the real service was seen to send.
 */
export class KmsError extends Error {
  override name = 'KmsError';
  readonly code: string;
  readonly text: string | null;
  readonly status: number;
  constructor(code: string, text: string | null, status = 400) {
    super(text ?? code);
    this.code = code;
    this.text = text;
    this.status = status;
  }
}

export function validationError(text: string): KmsError {
  return new KmsError('ValidationException', text);
}

export function serializationError(text: string): KmsError {
  return new KmsError('SerializationException', text);
}

export function notFound(text: string): KmsError {
  return new KmsError('NotFoundException', text);
}

export function unsupported(text: string): KmsError {
  return new KmsError('UnsupportedOperationException', text);
}

/** A changed byte, another encryption context, or bytes that no KMS made: KMS does not say which (observed). */
export function invalidCiphertext(): KmsError {
  return new KmsError('InvalidCiphertextException', null);
}

/** The fingerprint in the blob belongs to no key of this Region (observed wording). */
export function unknownCiphertextKey(): KmsError {
  return new KmsError(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  );
}

/** The key named in the request is not the one that made the ciphertext (observed wording). */
export function incorrectKey(): KmsError {
  return new KmsError(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
}

export function wrongUsage(keyArn: string, keyUsage: string, operation: string): KmsError {
  return new KmsError(
    'InvalidKeyUsageException',
    `${keyArn} key usage is ${keyUsage} which is not valid for ${operation}.`,
  );
}

export function wrongAlgorithm(algorithm: string, keySpec: string): KmsError {
  return new KmsError(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${keySpec}.`,
  );
}

export function invalidState(text: string): KmsError {
  return new KmsError('KMSInvalidStateException', text);
}

/** How a dry run reports success (AWS guide, "Testing your permissions"). */
export function dryRunSucceeded(): KmsError {
  return new KmsError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
}

/** A key policy that cannot be read, or would lock everyone out. */
export function malformedPolicy(text: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', text);
}

/** No grant token, or one of a grant that is gone. */
export function invalidGrantToken(): KmsError {
  return new KmsError('InvalidGrantTokenException', 'Invalid grant token.');
}
