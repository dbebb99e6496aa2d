import { finding } from '#shared/finding.ts';
import type {} from '#shared/model/blob.ts';
import { type Group, Leaf } from '../../structure/index.ts';
import type { FoundBlob } from '../../types.ts';
import { messageIn } from './sdk-message.ts';
import {
  type Collected,
  contextNotDeclared,
  envelopeBlob,
  type GroupFormat,
  isString,
  mapOf,
  memberRange,
  rangeOf,
  textOf,
} from './shared.ts';

/**
 * SSM `get-parameter` and the like without decryption: the value of a SecureString is a KMS blob (standard tier, context
 * PARAMETER_ARN) or an Encryption SDK message (advanced tier). AWS Systems Manager User Guide, "How Parameter Store uses
 * KMS".
 */
export const ssmParameter: GroupFormat = {
  names: /SecureString/,
  read(parameter, out) {
    if (textOf(parameter, 'Type')?.value() !== 'SecureString') return;
    const value = textOf(parameter, 'Value');
    const arn = textOf(parameter, 'ARN')?.value() ?? null;
    if (value === null) return;
    const blob = envelopeBlob(value, false, {
      container: 'ssm-parameter',
      declared: { encryptionContext: arn === null ? null : { PARAMETER_ARN: arn } },
      notPutBack:
        'Parameter Store takes no ciphertext: put-parameter --overwrite --type SecureString --key-id with the plaintext makes ' +
        'a new version under the new key. A dry run shows whether you may use the keys.',
      ...(arn === null
        ? {
            findings: [
              contextNotDeclared(
                'It is "PARAMETER_ARN" with the ARN of the parameter, which this file lacks.',
              ),
            ],
          }
        : {}),
    });
    if (blob?.identification.kind === 'encryption-sdk-message')
      out.blobs.push(
        ...messageIn(value).map((found): FoundBlob => ({ ...found, container: 'ssm-parameter' })),
      );
    else if (blob?.identification.kind.startsWith('kms-') === true) out.blobs.push(blob);
    else if (blob === null && !KMS_LETTERS.test(value.raw)) inClear(parameter, value, out);
  },
};

/** How base64 of a KMS blob or of an Encryption SDK message begins, also where it was cut short. */
const KMS_LETTERS = /^(?:AQ[EI][A-D]AH|Ci[A-D]|AYA[A-D]|Ag[RV]4)[A-Za-z0-9+/=.…]*$/;

/** A SecureString that was fetched with --with-decryption: reported, not read any further. */
function inClear(parameter: Group, value: Leaf, out: Collected): void {
  const range = memberRange(parameter, value) ?? rangeOf(value.view, value.outerStart, value.outerEnd);
  out.plaintext.push(range);
  out.findings.push(
    finding('plaintext-in-file', {
      evidence: [`${value.place} is no ciphertext: the parameter was fetched with decryption.`],
      values: {
        what: 'A SecureString of Parameter Store stands here in clear.',
        more: ' Fetched without --with-decryption, the value is a KMS blob.',
      },
      range,
    }),
  );
}

/** A record of an RDS or Aurora database activity stream (Amazon RDS User Guide, "Database activity streams"). */
export const rdsActivity: GroupFormat = {
  names: /databaseActivityEvents/,
  read(record, out) {
    const key = textOf(record, 'key');
    const events = textOf(record, 'databaseActivityEvents');
    if (key === null || events === null) return;
    const blob = envelopeBlob(key, false, {
      container: 'rds-activity-stream',
      notPutBack:
        'A record of an activity stream is an archive: a copy with another key in it is no longer the record that RDS wrote, ' +
        'and RDS writes new records under the key of its stream.',
      findings: [
        contextNotDeclared(
          'It is "aws:rds:dbc-id" with the resource id of the cluster, or "aws:rds:db-id" with that of the instance.',
        ),
      ],
    });
    if (blob === null) return;
    out.blobs.push(blob);
    out.blobs.push(
      ...messageIn(events).map((found): FoundBlob => ({ ...found, container: 'rds-activity-stream' })),
    );
  },
};

/** The event of a Cognito custom SMS or email sender: its `code` is an Encryption SDK message (Cognito Developer Guide). */
export const cognitoSender: GroupFormat = {
  names: /SenderRequestV1/,
  read(request, out) {
    const type = textOf(request, 'type')?.value() ?? '';
    const code = textOf(request, 'code');
    if (code !== null && /^custom(?:SMS|Email)SenderRequestV1$/i.test(type))
      out.blobs.push(...messageIn(code));
  },
};

/**
 * A function's configuration as Lambda gives it: what the console's helper encrypts has the context
 * LambdaFunctionName (AWS Lambda Developer Guide, "Securing Lambda environment variables").
 */
export const lambdaFunction: GroupFormat = {
  names: /FunctionName/,
  read(configuration, out) {
    const name = textOf(configuration, 'FunctionName');
    const variables = name === null ? null : mapOf(configuration, 'Environment');
    const map = variables === null ? null : mapOf(variables, 'Variables');
    if (name === null || map === null) return;
    for (const member of map.members) {
      if (!(member instanceof Leaf) || !isString(member)) continue;
      const blob = envelopeBlob(member, false, {
        container: 'secret-string',
        declared: { encryptionContext: { LambdaFunctionName: name.value() } },
        findings: [LAMBDA],
      });
      if (blob?.identification.kind === 'kms-symmetric') out.blobs.push(blob);
    }
  },
};

const LAMBDA = finding('context-by-convention', {
  evidence: [
    'The console’s helper for encrypted variables sends LambdaFunctionName with the function’s name; the file itself does not say so.',
  ],
});

/** An ECR authorization token: base64 of JSON with a `datakey` under a key that AWS owns. */
export const ecrToken: GroupFormat = {
  names: /datakey/,
  read(token, out) {
    const key = textOf(token, 'datakey');
    if (key === null || textOf(token, 'type')?.value() !== 'DATA_KEY' || textOf(token, 'payload') === null)
      return;
    const blob = envelopeBlob(key, false, {
      container: 'ecr-token',
      notPutBack:
        'The data key is under a KMS key that AWS owns: no one else may use it, and KMS refuses to re-encrypt it. A token lives ' +
        'for 12 hours: get a new one.',
    });
    if (blob !== null) out.blobs.push(blob);
  },
};
