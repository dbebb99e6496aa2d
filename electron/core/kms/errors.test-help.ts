/**
 * One row for each error that must be explained: how it is provoked, and what must then be shown. The same rows
 * are walked through the engine and on screen.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';

/** How the endpoint treats one request, or all. */
type Treatment =
  | { readonly kind: 'answer'; readonly error: string; readonly message?: string; readonly status?: number }
  | { readonly kind: 'drop' }
  /** A page of a proxy or sign-in portal instead of an answer. */
  | { readonly kind: 'page' };

export interface ExplainedError {
  readonly code: string;
  /** In the message, the causes or the remedy. */
  readonly says: readonly RegExp[];
  /** What a preflight concludes. */
  readonly verdict: 'fails' | 'unsure';
  /** Places of the policy statements that come with it. */
  readonly policies?: readonly ('identity' | 'key')[];
}

/** A blob that fails by itself: all of them can stand in one run. */
interface BlobRow extends ExplainedError {
  /** Also the name of its file. */
  readonly name: string;
  readonly make: (keys: BlobMaker) => Promise<Uint8Array>;
  /** By the endpoint rather than by the blob. */
  readonly treatment?: Treatment;
}

const sane = async (maker: BlobMaker) => maker.encrypt(maker.source);

const answered = (
  error: string,
  says: readonly RegExp[],
  more: { message?: string; status?: number; code?: string; verdict?: 'unsure' } = {},
): BlobRow => {
  const { message, status, code, verdict } = more;
  return {
    name: `${error}.bin`,
    code: code ?? error,
    says,
    verdict: verdict ?? 'fails',
    make: sane,
    treatment: {
      kind: 'answer',
      error,
      ...(message === undefined ? {} : { message }),
      ...(status === undefined ? {} : { status }),
    },
  };
};

export const BLOB_ROWS: readonly BlobRow[] = [
  {
    name: 'context-missing.bin',
    make: (maker) => maker.encrypt(maker.source, { app: 'payments' }),
    code: 'InvalidCiphertextException',
    says: [/encryption context/, /context is probably missing/, /exact context/],
    verdict: 'fails',
  },
  {
    name: 'byte-flipped.bin',
    make: async (maker) => {
      const blob = Buffer.from(await sane(maker));
      const at = blob.length - 20;
      blob[at] = (blob[at] ?? 0) ^ 1;
      return blob;
    },
    code: 'InvalidCiphertextException',
    says: [/The blob is well formed/, /may also be corrupted/],
    verdict: 'fails',
  },
  {
    name: 'key-disabled.bin',
    make: async (maker) => {
      const key = await maker.key();
      const blob = await maker.encrypt(key);
      await maker.kms.send(new DisableKeyCommand({ KeyId: key }));
      return blob;
    },
    code: 'DisabledException',
    says: [/source key arn:aws:kms/, /EnableKey/],
    verdict: 'fails',
  },
  {
    name: 'key-pending-deletion.bin',
    make: async (maker) => {
      const key = await maker.key();
      const blob = await maker.encrypt(key);
      await maker.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
      return blob;
    },
    code: 'KMSInvalidStateException',
    says: [/waiting to be deleted/, /CancelKeyDeletion/],
    verdict: 'fails',
  },
  {
    name: 'no-right.bin',
    make: async (maker) => {
      const key = await maker.key();
      const blob = await maker.encrypt(key);
      await maker.allowOnly(key, ['kms:Describe*', 'kms:PutKeyPolicy', 'kms:ReEncryptTo']);
      return blob;
    },
    code: 'AccessDeniedException',
    says: [/you lack kms:ReEncryptFrom/, /Pin the source key/],
    verdict: 'fails',
    policies: ['identity', 'key'],
  },
  {
    name: 'other-region.bin',
    make: (maker) => maker.elsewhere({ region: 'eu-west-1' }),
    code: 'AccessDeniedException',
    says: [/does not say which of several reasons/, /another Region than us-east-1/],
    verdict: 'fails',
    policies: ['identity', 'key'],
  },
  {
    name: 'other-account.bin',
    make: (maker) => maker.elsewhere({ accessKeyId: 'AKIAPRACTICEPARTNERX' }),
    code: 'AccessDeniedException',
    says: [/another account/],
    verdict: 'fails',
    policies: ['identity', 'key'],
  },
  answered('NotFoundException', [/does not know/, /Region/], {
    message:
      "Key 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000' does not exist",
  }),
  answered('InvalidGrantTokenException', [/grant token/, /CreateGrant/]),
  answered('InvalidKeyUsageException', [/algorithm does not belong/, /ENCRYPT_DECRYPT/]),
  answered('ValidationException', [/1 validation error detected/], {
    message: '1 validation error detected',
  }),
  answered('UnsupportedOperationException', [/does not support/]),
  answered('LimitExceededException', [/limit of the account/]),
  answered('DependencyTimeoutException', [/depends on/, /custom or external key store/], {
    status: 500,
    verdict: 'unsure',
  }),
  answered('KeyUnavailableException', [/not available at the moment/], { status: 500, verdict: 'unsure' }),
  answered('KMSInternalException', [/internal error/], { status: 500, verdict: 'unsure' }),
  answered('ThrottlingException', [/faster than the quota/, /fewer requests/], { verdict: 'unsure' }),
  answered('RequestTimeoutException', [/No answer from .* in time/, /VPN/], {
    code: 'ETIMEDOUT',
    verdict: 'unsure',
  }),
  answered('ServiceUnavailableException', [/could not answer/], {
    code: 'ServiceUnavailable',
    status: 503,
    verdict: 'unsure',
  }),
  answered('BrandNewException', [/no explanation for this error/, /request id/], { message: 'unheard of' }),
  {
    name: 'connection-cut.bin',
    make: sane,
    treatment: { kind: 'drop' },
    code: 'ECONNRESET',
    says: [/was cut off/],
    verdict: 'unsure',
  },
  {
    name: 'proxy-page.bin',
    make: sane,
    treatment: { kind: 'page' },
    code: 'UnreadableReply',
    says: [/not KMS/, /A proxy or the sign-in page/],
    verdict: 'fails',
  },
];

/** An error that would meet every other request too, so that it stops the run: each needs a run of its own. */
interface StopRow extends ExplainedError {
  readonly name: string;
  /** 'closed': nothing listens at the endpoint any more. */
  readonly treatment: Treatment | 'closed';
}

const stopped = (name: string, treatment: StopRow['treatment'], code: string, says: RegExp[]): StopRow => ({
  name,
  treatment,
  code,
  says,
  verdict: 'unsure',
});
const refuse = (error: string, message: string): Treatment => ({ kind: 'answer', error, message });

export const STOP_ROWS: readonly StopRow[] = [
  stopped(
    'the session ended',
    refuse('ExpiredTokenException', 'The security token included in the request is expired'),
    'ExpiredTokenException',
    [/have expired/, /Sign in again/],
  ),
  stopped(
    'the access key is no more',
    refuse('UnrecognizedClientException', 'The security token included in the request is invalid.'),
    'UnrecognizedClientException',
    [/does not know these credentials/],
  ),
  stopped(
    'the secret is wrong',
    refuse('InvalidSignatureException', 'The request signature we calculated does not match'),
    'InvalidSignatureException',
    [/refused the signature/],
  ),
  stopped(
    'the clock is wrong',
    refuse(
      'InvalidSignatureException',
      'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)',
    ),
    'ClockSkew',
    [/clock of this machine/, /network time/],
  ),
  stopped('the endpoint is gone', 'closed', 'ECONNREFUSED', [/Nothing answers at http/]),
];

/** Makes keys and blobs at a practice KMS, as its administrator. */
export class BlobMaker {
  readonly kms: KMSClient;
  /** A key that everything works with. */
  readonly source: string;
  readonly #endpoint: string;

  private constructor(endpoint: string, kms: KMSClient, source: string) {
    this.#endpoint = endpoint;
    this.kms = kms;
    this.source = source;
  }

  static async at(endpoint: string): Promise<BlobMaker> {
    const kms = clientAt(endpoint, {});
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    return new BlobMaker(endpoint, kms, KeyMetadata?.Arn ?? '');
  }

  async key(): Promise<string> {
    return (await this.kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
  }

  async encrypt(key: string, context?: Record<string, string>, kms = this.kms): Promise<Uint8Array> {
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({
        KeyId: key,
        Plaintext: Buffer.from('not much of a secret'),
        ...(context === undefined ? {} : { EncryptionContext: context }),
      }),
    );
    if (CiphertextBlob === undefined) throw new Error('no CiphertextBlob');
    return CiphertextBlob;
  }

  /** A blob of a key in another Region or of another account. */
  async elsewhere(by: { region?: string; accessKeyId?: string }): Promise<Uint8Array> {
    const kms = clientAt(this.#endpoint, by);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const blob = await this.encrypt(KeyMetadata?.Arn ?? '', undefined, kms);
    kms.destroy();
    return blob;
  }

  /** A key policy with which the account may do these things and no others; then what no one may. */
  async allowOnly(key: string, actions: readonly string[], denied: readonly string[] = []): Promise<void> {
    const of = (Effect: string, AWS: string, Action: readonly string[]) => ({
      Sid: Effect,
      Effect,
      Principal: { AWS },
      Action,
      Resource: '*',
    });
    const root = `arn:aws:iam::${key.split(':')[4]}:root`;
    const Statement = [of('Allow', root, actions), ...(denied.length > 0 ? [of('Deny', '*', denied)] : [])];
    await this.kms.send(
      new PutKeyPolicyCommand({ KeyId: key, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    );
  }

  end(): void {
    this.kms.destroy();
  }
}

function clientAt(
  endpoint: string,
  { region = 'us-east-1', accessKeyId = 'AKIAPRACTICEKMSEXAMPL' },
): KMSClient {
  return new KMSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey: 'any' } });
}

/** An endpoint before another one, that treats ReEncrypt as it is set and passes on everything else. */
export class FaultyEndpoint {
  readonly url: string;
  /** For the blob in base64. */
  readonly ofBlob = new Map<string, Treatment>();
  /** For every ReEncrypt; null: only as the blob says. */
  ofAll: Treatment | null = null;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(upstream: string): Promise<FaultyEndpoint> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = new FaultyEndpoint(server);
    server.on('request', (request, response) => {
      endpoint.#answer(upstream, request, response).catch(() => response.destroy());
    });
    return endpoint;
  }

  /** Nothing listens any more; what is connected is cut off. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(upstream: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const treatment = String(request.headers['x-amz-target']).endsWith('.ReEncrypt')
      ? (this.ofBlob.get(JSON.parse(body.toString()).CiphertextBlob) ?? this.ofAll)
      : null;
    if (treatment !== null) {
      treat(treatment, request, response);
      return;
    }
    const kept = ['authorization', 'content-type', 'x-amz-target', 'x-amz-security-token', 'x-amz-date'];
    const headers = kept.flatMap((name): [string, string][] => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const reply = await fetch(upstream + (request.url ?? '/'), { method: 'POST', headers, body });
    response.writeHead(
      reply.status,
      Object.fromEntries([...reply.headers].filter(([name]) => /^(?:content-type|x-amz)/.test(name))),
    );
    response.end(Buffer.from(await reply.arrayBuffer()));
  }
}

function treat(treatment: Treatment, request: IncomingMessage, response: ServerResponse): void {
  if (treatment.kind === 'drop') {
    request.socket.destroy();
    return;
  }
  if (treatment.kind === 'page') {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<html><body>Sign in to the network</body></html>');
    return;
  }
  const { error, message, status } = treatment;
  response
    .writeHead(status ?? 400, {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': REQUEST_ID,
      'x-amzn-errortype': error,
    })
    .end(JSON.stringify({ __type: error, ...(message === undefined ? {} : { message }) }));
}

/** Of every answer that {@link FaultyEndpoint} makes up. */
export const REQUEST_ID = '11111111-2222-4333-8444-555555555555';
