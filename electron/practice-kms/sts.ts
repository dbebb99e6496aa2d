/** STS `GetCallerIdentity` in the AWS query protocol (form in, XML out), which every SDK uses for STS. */
import { principalArn, type World } from './world.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export interface StsReply {
  readonly status: number;
  readonly xml: string;
}

/** Answers a form-encoded STS request. Only `GetCallerIdentity` is known. */
export function answerSts(world: World, form: string, requestId: string): StsReply {
  const action = new URLSearchParams(form).get('Action');
  if (action !== 'GetCallerIdentity')
    return stsError('InvalidAction', 'The practice KMS knows of STS only GetCallerIdentity.', requestId);
  return {
    status: 200,
    xml: `<GetCallerIdentityResponse xmlns="${NAMESPACE}"><GetCallerIdentityResult><Arn>${principalArn(world)}</Arn><UserId>AIDAPRACTICEKMSEXAMPL</UserId><Account>${world.accountId}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  };
}

/** An STS refusal. `code` and `message` are ours, never a client's words, so nothing needs escaping. */
export function stsError(code: string, message: string, requestId: string, status = 400): StsReply {
  return {
    status,
    xml: `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}
