/**
 * What passes between the engine and the two-step child over the child's private pipe: credentials and ciphertext in,
 * ciphertext out. No message has a member for plaintext. Both ends are ours and started together, so there are no
 * versions; the engine reads what comes from the child through a schema all the same ({@link ./replies.ts}).
 */

/** What may be a request id of AWS: short, and of an alphabet that few plaintexts are of. */
export const REQUEST_ID = /^[0-9a-f-]{8,64}$/;

export type SideName = 'source' | 'destination';

/** Where one side's requests go, and how. */
export interface Way {
  /** Base URL of the endpoint. */
  readonly endpoint: string;
  readonly region: string;
  /** Certificate authorities in PEM, instead of the built-in ones; null: the built-in ones. */
  readonly ca: readonly string[] | null;
  /** Proxy variables for Node's agent; null: none. */
  readonly proxy: Readonly<Record<string, string>> | null;
}

export interface ChildCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Members of a request in AWS JSON, without `Plaintext`. Blobs are base64. */
export type AwsJsonMembers = Readonly<
  Record<string, string | boolean | readonly string[] | Readonly<Record<string, string>>>
>;

/** One request to be signed and sent. The keys come with each, so that the child keeps none. */
export interface Call {
  readonly keys: ChildCredentials;
  readonly members: AwsJsonMembers;
}

export type ToChild =
  | { readonly type: 'open'; readonly source: Way; readonly destination: Way }
  /** Decrypts on the source side and encrypts what comes out on the destination side. */
  | { readonly type: 'move'; readonly id: number; readonly decrypt: Call; readonly encrypt: Call }
  /** A DryRun of Decrypt. Where the endpoint ignores DryRun, the plaintext is dropped here. */
  | { readonly type: 'try-decrypt'; readonly id: number; readonly side: SideName; readonly decrypt: Call }
  /** A DryRun of Encrypt on the destination side, of that many zeros. */
  | {
      readonly type: 'try-encrypt';
      readonly id: number;
      readonly encrypt: Call;
      readonly plaintextBytes: number;
    }
  /** Decrypts an old blob on the source side and a new one on the destination side; answers whether both hold the same. */
  | {
      readonly type: 'compare';
      readonly id: number;
      readonly before: Call;
      readonly after: Call;
    }
  /** Nothing more of this request is to leave: where it was not answered by then, it fails with `NotSent`. */
  | { readonly type: 'hold'; readonly id: number }
  | { readonly type: 'end' };

/** How a request failed, in the words of the side that failed. */
export interface WireFailure {
  readonly name: string;
  readonly message: string;
  /** System error code (`ECONNREFUSED`); null where the service answered. */
  readonly code: string | null;
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly requestId: string | null;
}

export type FromChild =
  | {
      readonly type: 'moved';
      readonly id: number;
      readonly decrypted: {
        readonly keyArn: string | null;
        readonly algorithm: string | null;
        readonly keyMaterialId: string | null;
        readonly requestId: string | null;
      };
      readonly encrypted: {
        readonly blob: Uint8Array;
        readonly keyArn: string;
        readonly algorithm: string | null;
        readonly requestId: string | null;
      };
    }
  | {
      readonly type: 'tried';
      readonly id: number;
      readonly outcome: 'would-succeed' | 'ignored';
      readonly requestId: string | null;
    }
  /** One bit, and nothing else of what was read; with the ids of both Decrypts, as far as they are {@link REQUEST_ID}s. */
  | {
      readonly type: 'compared';
      readonly id: number;
      readonly equal: boolean;
      readonly beforeRequestId: string | null;
      readonly afterRequestId: string | null;
    }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly operation: 'Decrypt' | 'Encrypt';
      readonly side: SideName;
      readonly failure: WireFailure;
      /** Where a Decrypt was answered before this failed, of a move or a comparison: its {@link REQUEST_ID}. */
      readonly beforeRequestId?: string | null | undefined;
    };
